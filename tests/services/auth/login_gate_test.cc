// Guesses at passwords against the whole façade: what is counted, what is given back, and what they
// are told.
#include "services/auth/login_gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "lib/errors/limit.h"
#include "lib/rpc/status.h"
#include "lib/telemetry/metrics.h"
#include "tests/services/auth/facade_fixture.h"
#include "tests/services/auth/guesser.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Taken = std::map<std::string, int>;

constexpr char kAda[] = "ada@example.org";
constexpr char kWrong[] = "wrong password";
constexpr char kHome[] = "192.0.2.1";

class LoginGateTest : public FacadeTest {
 protected:
  LoginGateTest() {
    Register(kAda);
    sessions_.limits.Lift();
  }
  int Compared() const { return users_.faults.Calls("VerifyPassword"); }
  std::string AnAddress() { return "198.51.100." + std::to_string(++addresses_); }
  // What a login that ends so has been counted as, so far.
  static int Ended(const std::string& result) {
    const std::string metrics = telemetry::ExposeText();
    const std::string line = "tokenforge_logins_total{result=\"" + result + "\"} ";
    const size_t found = metrics.find(line);
    return found == std::string::npos ? 0 : std::stoi(metrics.substr(found + line.size()));
  }

  Guesser guesser_{ChannelAs("gateway")};
  std::atomic<int> addresses_ = 0;
};

TEST_F(LoginGateTest, RefusesTheSixthFailureOfAnAccountFromOneAddress) {
  for (int i = 0; i < 5; ++i) {
    const Told told = guesser_.Login(kAda, kWrong, kHome);
    EXPECT_EQ(told.reason(), reasons::INVALID_CREDENTIALS);
    EXPECT_THAT(told.trailing, IsEmpty());
  }
  for (const char* password : {kWrong, kPassword}) {
    const Told told = guesser_.Login(kAda, password, kHome);
    EXPECT_EQ(told.reason(), reasons::RATE_LIMITED);
    EXPECT_EQ(told.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(told.trailing, (std::map<std::string, std::string>{{"ratelimit-limit", "5"},
                                                                 {"ratelimit-remaining", "0"},
                                                                 {"ratelimit-reset", "900"}}));
    EXPECT_EQ(errors::RetryAfterOf(rpc::FromGrpc(told.status)), std::chrono::seconds(60));
  }
  EXPECT_EQ(Compared(), 5);
  EXPECT_TRUE(guesser_.Login(kAda, kPassword, "192.0.2.2").status.ok()) << "from elsewhere";
}

TEST_F(LoginGateTest, GivesBackWithARightPassword) {
  for (int round = 0; round < 6; ++round) {
    for (int i = 0; i < 4; ++i) guesser_.Login(kAda, kWrong, kHome);
    ASSERT_TRUE(guesser_.Login(kAda, kPassword, kHome).status.ok()) << round;
    EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 0);
    // One share comes back, not those of the failures: these come back with time.
    sessions_.limits.Lift();
  }
  guesser_.Login(kAda, kWrong, kHome);
  guesser_.Login(kAda, kPassword, kHome);
  EXPECT_EQ(sessions_.limits.All(), (Taken{{"login_account ada@example.org 192.0.2.1", 1},
                                           {"login_address 192.0.2.1", 2}}));
}

TEST_F(LoginGateTest, LocksTheAccountAfterTwentyFailuresFromAnywhereAlsoForItsOwner) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(guesser_.Login(kAda, kWrong, AnAddress()).reason(), reasons::INVALID_CREDENTIALS);
  }
  for (const char* password : {kWrong, kPassword}) {
    const Told told = guesser_.Login(kAda, password, AnAddress());
    EXPECT_EQ(told.reason(), reasons::ACCOUNT_LOCKED);
    EXPECT_EQ(told.trailing.at("ratelimit-limit"), "20");
    EXPECT_TRUE(errors::RetryAfterOf(rpc::FromGrpc(told.status)).has_value());
  }
  EXPECT_EQ(Compared(), 20);
}

TEST_F(LoginGateTest, CountsGuessesThatRunSideBySide) {
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 10; ++j) {
        const Told told = guesser_.Login(kAda, kWrong, AnAddress());
        refused += told.reason() == reasons::ACCOUNT_LOCKED ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Compared(), 20);
  EXPECT_EQ(refused, 180);
}

TEST_F(LoginGateTest, CountsOtherSpellingsOfAnEmail) {
  for (const char* spelling : {"ada@example.org", "Ada@example.org", "ADA@EXAMPLE.ORG",
                               "aDa@Example.Org", "ada@EXAMPLE.org"}) {
    EXPECT_EQ(guesser_.Login(spelling, kWrong, kHome).reason(), reasons::INVALID_CREDENTIALS);
  }
  EXPECT_EQ(guesser_.Login("adA@example.org", kPassword, kHome).reason(), reasons::RATE_LIMITED);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 5);
}

TEST_F(LoginGateTest, AnswersAlikeWhetherTheAccountExistsOrNot) {
  const auto history = [&](const std::string& email) {
    sessions_.limits.Lift();
    std::string told;
    for (int i = 0; i < 7; ++i) told += guesser_.Login(email, kWrong, kHome).all();
    for (int i = 0; i < 16; ++i) told += guesser_.Login(email, kWrong, AnAddress()).all();
    return told;
  };
  const std::string known = history(kAda);
  EXPECT_EQ(known, history("bob@example.org"));
  EXPECT_THAT(known, HasSubstr("RATE_LIMITED"));
  EXPECT_THAT(known, HasSubstr("ACCOUNT_LOCKED"));
}

TEST_F(LoginGateTest, GivesEverythingBackWhenNobodyCouldCompare) {
  guesser_.Login(kAda, kWrong, kHome);
  const Taken before = sessions_.limits.All();
  for (const absl::Status& fault :
       {Down(), errors::MakeRetryable(reasons::OVERLOADED, "busy", std::chrono::seconds(1))}) {
    users_.faults.Fail("VerifyPassword", fault);
    for (int i = 0; i < 30; ++i) guesser_.Login(kAda, kPassword, kHome);
    EXPECT_EQ(sessions_.limits.All(), before) << fault;
  }
  users_.faults.Mend("VerifyPassword");
  EXPECT_TRUE(guesser_.Login(kAda, kPassword, kHome).status.ok());
}

TEST_F(LoginGateTest, KeepsWhatACallerTookWhoGaveUpInTime) {
  users_.faults.Hang("VerifyPassword");
  const int ended = Ended("dependency_down");
  v1::LoginRequest request;
  request.set_email(kAda);
  request.set_password(kWrong);
  grpc::ClientContext context;
  v1::LoginResponse response;
  std::promise<grpc::Status> answered;
  auth_->async()->Login(&context, &request, &response,
                        [&](grpc::Status status) { answered.set_value(std::move(status)); });
  ASSERT_TRUE(Eventually([&] { return Compared() == 1; }));
  context.TryCancel();
  EXPECT_EQ(answered.get_future().get().error_code(), grpc::StatusCode::CANCELLED);
  ASSERT_TRUE(Eventually([&] { return Ended("dependency_down") == ended + 1; }));
  EXPECT_EQ(sessions_.limits.All(), (Taken{{"login_account ada@example.org 127.0.0.1", 1},
                                           {"login_address 127.0.0.1", 1},
                                           {"account_lock ada@example.org", 1}}));
  users_.faults.Mend("VerifyPassword");
}

TEST_F(LoginGateTest, KeepsWhatACallerTookWhoGaveNoTime) {
  users_.faults.Hang("VerifyPassword");
  const int ended = Ended("deadline_passed");
  v1::LoginRequest request;
  request.set_email(kAda);
  request.set_password(kWrong);
  grpc::ClientContext context;
  // Enough to come as far as the comparison, on a slow machine too.
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(1500));
  v1::LoginResponse response;
  EXPECT_FALSE(auth_->Login(&context, request, &response).ok());
  EXPECT_EQ(Compared(), 1);
  ASSERT_TRUE(Eventually([&] { return Ended("deadline_passed") == ended + 1; }));
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 1);
  EXPECT_EQ(sessions_.limits.Taken("login_address", "127.0.0.1"), 1);
  users_.faults.Mend("VerifyPassword");
}

TEST_F(LoginGateTest, LetsNobodyThroughWhileTheLimitsCannotBeAsked) {
  sessions_.faults.Fail("TakeTokens", Down());
  for (const char* password : {kWrong, kPassword}) {
    const Told told = guesser_.Login(kAda, password, kHome);
    EXPECT_EQ(told.status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_EQ(told.reason(), reasons::DEPENDENCY_DOWN);
    EXPECT_TRUE(errors::RetryAfterOf(rpc::FromGrpc(told.status)).has_value());
  }
  EXPECT_EQ(guesser_.Register("bob@example.org", kHome).reason(), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(Compared(), 0);
  EXPECT_EQ(users_.faults.Calls("CreateUser"), 1) << "ada's";
  sessions_.faults.Mend("TakeTokens");
  EXPECT_TRUE(guesser_.Login(kAda, kPassword, kHome).status.ok());
}

TEST_F(LoginGateTest, LogsInAlsoWhenNothingCanBeGivenBack) {
  sessions_.limits.RefuseToGiveBack();
  EXPECT_TRUE(guesser_.Login(kAda, kPassword, kHome).status.ok());
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 1);
}

TEST_F(LoginGateTest, AsksNobodyAboutWhatIsNoEmail) {
  const int before = users_.faults.AllCalls() + sessions_.faults.Calls("TakeTokens");
  for (const char* email :
       {"", "ada", "ada@example", "ada@example.org\n", "\xC4\xB1@example.org"}) {
    EXPECT_EQ(guesser_.Login(email, kWrong, kHome).reason(), reasons::INVALID_FIELD) << email;
  }
  EXPECT_EQ(users_.faults.AllCalls() + sessions_.faults.Calls("TakeTokens"), before);
}

TEST_F(LoginGateTest, GivesNothingBackWhileASecondFactorIsDue) {
  users_.Change(kAda, [](users::v1::User& user) { user.set_mfa_enabled(true); });
  guesser_.Login(kAda, kPassword, kHome);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 1);
  EXPECT_EQ(sessions_.limits.Taken("login_account", "ada@example.org 192.0.2.1"), 1);
}

TEST_F(LoginGateTest, TakesTheRightPasswordOfADisabledAccountForRight) {
  users_.Change(kAda, [](users::v1::User& user) { user.set_disabled(true); });
  EXPECT_EQ(guesser_.Login(kAda, kPassword, kHome).reason(), reasons::ACCOUNT_DISABLED);
  EXPECT_EQ(sessions_.limits.All(), (Taken{{"login_address 192.0.2.1", 1}}));
}

}  // namespace
}  // namespace tokenforge::auth::testing
