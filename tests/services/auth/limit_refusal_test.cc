#include "services/auth/limit_refusal.h"

#include <gtest/gtest.h>

#include <chrono>

#include "lib/errors/errors.h"
#include "lib/errors/limit.h"
#include "services/auth/limit_plan.h"
#include "services/auth/login_gate.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
using sessions::v1::TakeTokensRequest;
using sessions::v1::TakeTokensResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;

TakeTokensRequest Guess() {
  return PasswordPlan(email::CanonicalEmail::Parse("ada@example.org").value(), "192.0.2.1").take;
}

// A refusal in which these are left of the guess's three buckets.
TakeTokensResponse Refused(int account, int address, int lock) {
  TakeTokensResponse answer;
  answer.mutable_retry_after()->set_seconds(180);
  const auto level = [&](const char* policy, int limit, int remaining, int reset) {
    auto* added = answer.add_levels();
    added->set_policy(policy);
    added->set_limit(limit);
    added->set_remaining(remaining);
    added->mutable_reset()->set_seconds(reset);
  };
  level("login_account", 5, account, 900);
  level("login_address", 100, address, 901);
  level("account_lock", 20, lock, 60);
  return answer;
}

TEST(LimitRefusal, SaysWhichLimitRefusedAndWhenToComeBack) {
  const absl::Status account = RefusalOf(Guess(), Refused(0, 50, 10));
  EXPECT_EQ(errors::ReasonOf(account), reasons::RATE_LIMITED);
  EXPECT_EQ(errors::LimitOf(account), (errors::Limit{"login_account", 5, 0, seconds(900)}));
  EXPECT_EQ(errors::RetryAfterOf(account), seconds(180));

  const absl::Status address = RefusalOf(Guess(), Refused(3, 0, 10));
  EXPECT_EQ(errors::ReasonOf(address), reasons::RATE_LIMITED);
  EXPECT_EQ(errors::LimitOf(address), (errors::Limit{"login_address", 100, 0, seconds(901)}));
}

TEST(LimitRefusal, CallsTheLockByItsName) {
  const absl::Status lock = RefusalOf(Guess(), Refused(3, 50, 0));
  EXPECT_EQ(errors::ReasonOf(lock), reasons::ACCOUNT_LOCKED);
  EXPECT_EQ(lock.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(errors::LimitOf(lock), (errors::Limit{"account_lock", 20, 0, seconds(60)}));
}

TEST(LimitRefusal, NeverNamesTheAccount) {
  for (const auto& answer : {Refused(0, 50, 10), Refused(3, 0, 10), Refused(3, 50, 0)}) {
    EXPECT_EQ(RefusalOf(Guess(), answer).ToString().find("ada"), std::string::npos);
  }
}

TEST(LimitRefusal, RoundsUpWhenToComeBack) {
  TakeTokensResponse answer = Refused(0, 50, 10);
  answer.mutable_retry_after()->set_seconds(1);
  answer.mutable_retry_after()->set_nanos(1);
  answer.mutable_levels(0)->mutable_reset()->set_nanos(1);
  const absl::Status status = RefusalOf(Guess(), answer);
  EXPECT_EQ(errors::RetryAfterOf(status), milliseconds(1001));
  EXPECT_EQ(errors::LimitOf(status)->reset, seconds(901));
}

TEST(LimitRefusal, IsOneWhateverTheAnswerLeavesOut) {
  const absl::Status status = RefusalOf(Guess(), TakeTokensResponse());
  EXPECT_EQ(errors::ReasonOf(status), reasons::RATE_LIMITED);
  EXPECT_GT(errors::RetryAfterOf(status), milliseconds(0));
}

TEST(Verdict, IsThatOfTheServiceThatCompared) {
  EXPECT_EQ(VerdictOf(absl::OkStatus()), Verdict::kRight);
  const std::pair<errors::Reason, Verdict> table[] = {
      {reasons::ACCOUNT_DISABLED, Verdict::kRight},  // only after a right password
      {reasons::INVALID_CREDENTIALS, Verdict::kWrong},
      {reasons::CODE_INVALID, Verdict::kWrong},
      {reasons::CHALLENGE_INVALID, Verdict::kWrong},
      {reasons::DEPENDENCY_DOWN, Verdict::kUntold},
      {reasons::CIRCUIT_OPEN, Verdict::kUntold},
      {reasons::DRAINING, Verdict::kUntold},
      {reasons::OVERLOADED, Verdict::kUntold},
      {reasons::DEADLINE_PASSED, Verdict::kUnseen},  // a caller may make it as short as they like
      {reasons::INTERNAL_FAULT, Verdict::kUnseen},
      {reasons::EMAIL_TAKEN, Verdict::kUnseen},
      {reasons::RATE_LIMITED, Verdict::kUnseen},
  };
  for (const auto& [reason, verdict] : table) {
    EXPECT_EQ(VerdictOf(errors::Make(reason, "told")), verdict) << reasons::Reason_Name(reason);
  }
  EXPECT_EQ(VerdictOf(absl::InternalError("no reason at all")), Verdict::kUnseen);
}

}  // namespace
}  // namespace tokenforge::auth
