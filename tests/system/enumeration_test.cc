// Who has an account is nobody's business: at every public door a known and an unknown email get
// the same answer to the last byte. (Whether they take the same time is measured by the benchmark.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/rpc/status.h"
#include "tests/system/authenticator_app.h"
#include "tests/system/doors.h"
#include "tests/system/facade_client.h"
#include "tests/system/limited_suite.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

constexpr int kPairs = 60;

// Of an answer of `OK`, or of an error with details.
std::string ReasonSeen(const VisibleAnswer& answer) {
  if (answer.code == grpc::StatusCode::OK) return "OK";
  return ReasonName(rpc::FromGrpc(
      grpc::Status(static_cast<grpc::StatusCode>(answer.code), answer.text, answer.details)));
}

SuiteOptions OpenTo(const std::string& registration) {
  SuiteOptions options;
  options.flags = {
      {"auth", {"--registration=" + registration}},
      {"sessions",
       {"--rate-limit=login_account=1000000/1000000/1s",
        "--rate-limit=reset_account=1000000/1000000/1s", "--account-lock-after=1000000"}}};
  return options;
}

// Known and unknown emails of one form, alternating.
struct Emails {
  std::vector<std::string> known, unknown;
};

TEST(Enumeration, AnswersAlikeAtEveryDoor) {
  Suite suite(OpenTo("private"));
  suite.Start();
  const auto stub = auth::v1::AuthService::NewStub(suite.Connect("auth"));
  FacadeClient owner(suite.Connect("auth"));
  Emails emails;
  for (int i = 0; i < kPairs; ++i) {
    emails.known.push_back(FreshEmail());
    emails.unknown.push_back(FreshEmail());
    ASSERT_TRUE(owner.Register(emails.known.back(), kPassword).ok());
  }
  for (int i = 0; i < kPairs; ++i) {
    const auto login = AwaitLogin(owner, emails.known[i]);
    ASSERT_TRUE(login.ok()) << login.status();
    if (i % 2 != 0) continue;  // a second factor must not show either
    ASSERT_TRUE(EnableFactor(owner, login->tokens().access_token()).ok());
  }
  for (const Door& door : DoorsOf(*stub)) {
    // Whoever registers is unknown no more.
    const bool makes = std::string(door.name) == "register";
    for (int i = 0; i < kPairs; ++i) {
      const std::string unknown = makes ? FreshEmail() : emails.unknown[i];
      const VisibleAnswer known = door.knock(emails.known[i], nullptr);
      EXPECT_EQ(known, door.knock(unknown, nullptr)) << door.name;
      EXPECT_EQ(ReasonSeen(known), door.expected) << door.name << ": " << known;
    }
  }
}

// With the limits as they ship: a lock, and what leads to it, is told of accounts that there are
// not.
using LockedEnumeration = LimitedSuite;

TEST_F(LockedEnumeration, LimitsAndLocksCountForNobodyAsForSomebody) {
  const std::string known = Registered();
  const std::string unknown = FreshEmail();
  for (int guess = 0; guess < 25; ++guess) {
    // The same address for both: each has a share of its own there.
    const std::string from = AnAddress();
    const Told of_known = Login(known, "a guess that nobody chose", from);
    const Told of_unknown = Login(unknown, "a guess that nobody chose", from);
    EXPECT_EQ(of_known.all(), of_unknown.all()) << "guess " << guess;
    if (guess >= 20) {
      EXPECT_EQ(of_known.reason(), "ACCOUNT_LOCKED");
    }
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
