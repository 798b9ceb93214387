// Guessing passwords against the whole suite, with the limits as they ship: real processes over
// mTLS, and a gateway that says where each guess comes from.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "lib/errors/limit.h"
#include "lib/rpc/status.h"
#include "lib/sync/mutex.h"
#include "tests/system/limited_suite.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;

constexpr char kWrong[] = "not the password";

using BruteForce = LimitedSuite;

// Sends every call at once; how many answers had which reason.
std::map<std::string, int> AllAtOnce(auth::v1::AuthService::Stub& stub,
                                     const std::vector<std::unique_ptr<LoginCall>>& calls) {
  sync::Mutex mutex;
  sync::CondVar answered;
  std::map<std::string, int> answers;
  size_t left = calls.size();
  for (const auto& call : calls) {
    stub.async()->Login(&call->context, &call->request, &call->response,
                        [&](const grpc::Status& status) {
                          const sync::MutexLock lock(&mutex);
                          ++answers[ReasonName(rpc::FromGrpc(status))];
                          if (--left == 0) answered.NotifyAll();
                        });
  }
  const sync::MutexLock lock(&mutex);
  // Each has a deadline.
  while (left > 0) answered.WaitUntil(&mutex, std::chrono::steady_clock::now() + seconds(1));
  return answers;
}

TEST_F(BruteForce, TwoHundredGuessesAtOnceCountAsTwoHundred) {
  constexpr int kGuesses = 200;
  const std::string other = Registered();
  const std::string email = Registered();
  std::vector<std::unique_ptr<LoginCall>> calls;
  for (int i = 0; i < kGuesses; ++i) {
    calls.push_back(std::make_unique<LoginCall>(email, kWrong, AnAddress()));
  }
  std::map<std::string, int> answers = AllAtOnce(*gateway_, calls);
  const int compared = Compared();
  std::printf("%d guesses at once from %d addresses: %d compared, %d refused by the lock\n",
              kGuesses, kGuesses, compared, answers["ACCOUNT_LOCKED"]);
  EXPECT_LE(compared, 20);
  EXPECT_GT(compared, 0);
  EXPECT_EQ(answers["INVALID_CREDENTIALS"], compared);
  EXPECT_EQ(answers["ACCOUNT_LOCKED"], kGuesses - compared);

  std::string shouted = email;
  for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const std::string& spelling : {email, shouted}) {
    const Told right = Login(spelling, kPassword, AnAddress());
    EXPECT_EQ(right.reason(), "ACCOUNT_LOCKED") << "also for the right password";
    EXPECT_THAT(right.retry_after(), AllOf(Gt(seconds(0)), Le(minutes(1))));
    EXPECT_EQ(right.limits.at("ratelimit-limit"), "20");
    EXPECT_EQ(right.limits.at("ratelimit-remaining"), "0");
  }
  EXPECT_EQ(Compared(), compared);
  EXPECT_TRUE(Refresh().status.ok()) << "who is logged in stays so";
  EXPECT_TRUE(Login(other, kPassword, AnAddress()).status.ok()) << "and others go on";
}

TEST_F(BruteForce, TheSixthFailureFromOneAddressIsRefused) {
  const std::string email = Registered();
  const std::string address = AnAddress();
  for (int i = 0; i < 5; ++i) {
    const Told told = Login(email, kWrong, address);
    EXPECT_EQ(told.reason(), "INVALID_CREDENTIALS");
    EXPECT_EQ(told.limits, Headers());
  }
  for (const char* password : {kWrong, kPassword}) {
    const Told told = Login(email, password, address);
    EXPECT_EQ(told.reason(), "RATE_LIMITED");
    EXPECT_EQ(told.status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_THAT(told.retry_after(), AllOf(Gt(seconds(0)), Le(minutes(3))));
    EXPECT_EQ(told.limits.at("ratelimit-limit"), "5");
    EXPECT_EQ(told.limits.at("ratelimit-remaining"), "0");
    EXPECT_THAT(std::stoi(told.limits.at("ratelimit-reset")), AllOf(Gt(0), Le(900)));
    EXPECT_EQ(errors::LimitOf(told.status).value_or(errors::Limit()).policy, "login_account");
  }
  EXPECT_EQ(Compared(), 5);
  EXPECT_TRUE(Login(email, kPassword, AnAddress()).status.ok()) << "from elsewhere";
}

TEST_F(BruteForce, ARightPasswordGivesBackAndEndsTheStreak) {
  const std::string email = Registered();
  const std::string address = AnAddress();
  for (int i = 0; i < 30; ++i) {
    const Told told = Login(email, kPassword, address);
    EXPECT_TRUE(told.status.ok()) << i << ": " << told.status;
  }
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 15; ++i) Login(email, kWrong, AnAddress());
    EXPECT_TRUE(Login(email, kPassword, AnAddress()).status.ok());
  }
}

TEST_F(BruteForce, UnknownAccountsAreLimitedAndLockedLikeKnownOnes) {
  const auto history = [&](const std::string& email) {
    const std::string address = AnAddress();
    std::vector<std::string> told;
    for (int i = 0; i < 7; ++i) told.push_back(Login(email, kWrong, address).all());
    for (int i = 0; i < 17; ++i) told.push_back(Login(email, kWrong, AnAddress()).all());
    return told;
  };
  const std::vector<std::string> known = history(Registered());
  EXPECT_EQ(known, history(FreshEmail()));
  EXPECT_THAT(known[6], HasSubstr("RATE_LIMITED"));
  EXPECT_THAT(known.back(), HasSubstr("ACCOUNT_LOCKED"));
}

TEST_F(BruteForce, OnlyTheGatewaySaysWhereACallComesFrom) {
  const std::string email = Registered();
  CallAs("app");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(Login(email, kWrong, AnAddress()).reason(), "INVALID_CREDENTIALS");
  }
  EXPECT_EQ(Login(email, kWrong, AnAddress()).reason(), "RATE_LIMITED");
}

TEST_F(BruteForce, NobodyIsLetThroughWhileRedisIsAwayAndALockOutlivesIt) {
  const std::string locked = Registered();
  const std::string open = Registered();
  for (int i = 0; i < 20; ++i) Login(locked, kWrong, AnAddress());
  ASSERT_EQ(Login(locked, kPassword, AnAddress()).reason(), "ACCOUNT_LOCKED");
  const int compared = Compared();

  suite_.process("redis").Kill(SIGKILL);
  ASSERT_TRUE(suite_.process("redis").WaitForEnd(seconds(10)));
  for (const std::string& email : {locked, open}) {
    const Told told = Login(email, kPassword, AnAddress());
    EXPECT_EQ(told.status.code(), absl::StatusCode::kUnavailable) << told.status;
    EXPECT_GT(told.retry_after(), milliseconds(0));
  }
  EXPECT_EQ(Compared(), compared);

  suite_.StartProcess("redis");
  ASSERT_TRUE(suite_.WaitReady("redis"));
  const Told back = LoginPast("DEPENDENCY_DOWN", open, kPassword);
  EXPECT_TRUE(back.status.ok()) << back.status;
  EXPECT_EQ(Login(locked, kPassword, AnAddress()).reason(), "ACCOUNT_LOCKED");
}

TEST_F(BruteForce, ASessionThatRefreshesWithoutEndIsSlowedDownAndNotEnded) {
  Registered();
  Told told = Refresh();
  for (int i = 0; i < 1000 && told.status.ok(); ++i) told = Refresh();
  EXPECT_EQ(told.reason(), "RATE_LIMITED");
  EXPECT_THAT(told.retry_after(), AllOf(Gt(seconds(0)), Le(seconds(2))));
  EXPECT_EQ(told.limits["ratelimit-limit"], "10");
  EXPECT_EQ(told.limits["ratelimit-remaining"], "0");
  for (int i = 0; i < 100 && told.reason() == "RATE_LIMITED"; ++i) {
    std::this_thread::sleep_for(told.retry_after());
    told = Refresh();
  }
  EXPECT_TRUE(told.status.ok()) << told.status;
}

TEST_F(BruteForce, TheTwentyFirstRegistrationOfAnAddressIsRefused) {
  const std::string address = AnAddress();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(Register(FreshEmail(), address).status.ok());
  Told refused = Register(FreshEmail(), address);
  EXPECT_EQ(refused.reason(), "RATE_LIMITED");
  EXPECT_EQ(refused.limits["ratelimit-limit"], "20");
  EXPECT_TRUE(Register(FreshEmail(), AnAddress()).status.ok());
}

class ShortLocks : public LimitedSuite {
 protected:
  ShortLocks()
      : LimitedSuite({"--account-lock-after=3", "--account-lock-min=3s", "--account-lock-max=6s"}) {
  }
};

TEST_F(ShortLocks, GrowToTheirBoundLetOneThroughAndEndWithTheRightPassword) {
  const std::string email = Registered();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Login(email, kWrong, AnAddress()).reason(), "INVALID_CREDENTIALS");
  }
  for (const seconds longest : {seconds(3), seconds(6), seconds(6)}) {
    const int before = Compared();
    const Told refused = Login(email, kPassword, AnAddress());
    EXPECT_EQ(refused.reason(), "ACCOUNT_LOCKED");
    EXPECT_THAT(refused.retry_after(), AllOf(Gt(seconds(0)), Le(longest)));
    EXPECT_EQ(LoginPast("ACCOUNT_LOCKED", email, kWrong).reason(), "INVALID_CREDENTIALS");
    EXPECT_EQ(Compared(), before + 1);
  }
  EXPECT_TRUE(LoginPast("ACCOUNT_LOCKED", email, kPassword).status.ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Login(email, kWrong, AnAddress()).reason(), "INVALID_CREDENTIALS");
  }
  EXPECT_TRUE(Login(email, kPassword, AnAddress()).status.ok());
}

}  // namespace
}  // namespace tokenforge::systemtest
