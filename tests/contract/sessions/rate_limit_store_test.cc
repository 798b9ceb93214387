// The contract of RateLimitStore, on every body of it.
#include "services/sessions/rate_limit_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "tests/contract/sessions/rate_limit_bodies.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;

std::unique_ptr<LimitBody> BodyOf(const std::string& kind) {
  if (kind == "Redis") return std::make_unique<RedisLimits>();
  return std::make_unique<MemoryLimits>();
}

class RateLimitStoreTest : public ::testing::TestWithParam<const char*> {
 protected:
  Bench bench_{BodyOf(GetParam())};
  const BucketShare account_ = TokensOf("login_account", "a@example.test 192.0.2.1");
  const BucketShare address_ = TokensOf("login_address", "192.0.2.1");
  const BucketShare code_ = TokensOf("second_factor", "challenge");
  const BucketShare failure_ = Failure("a@example.test");
};

TEST_P(RateLimitStoreTest, TakesFromAllOrFromNone) {
  for (int i = 4; i >= 0; --i) {
    const StepResult taken = bench_.Take({account_, address_});
    EXPECT_TRUE(taken.allowed);
    EXPECT_EQ(taken.retry_after, Span(0));
    EXPECT_EQ(taken.levels[0].remaining, i);
    EXPECT_EQ(taken.levels[1].remaining, 95 + i);
  }
  for (int i = 0; i < 3; ++i) {
    const StepResult refused = bench_.Take({account_, address_, failure_});
    EXPECT_FALSE(refused.allowed);
    EXPECT_EQ(refused.retry_after, minutes(3));
    EXPECT_THAT(refused.levels,
                ElementsAre(BucketLevel{5, 0, minutes(15)}, BucketLevel{100, 95, seconds(45)},
                            BucketLevel{20, 20, Span(0)}));
  }
}

TEST_P(RateLimitStoreTest, RefillsWithTime) {
  EXPECT_EQ(bench_.TakeAll(account_), 5);
  bench_.Advance(minutes(3) - milliseconds(1));
  EXPECT_EQ(bench_.Take({account_}).retry_after, milliseconds(1));
  bench_.Advance(milliseconds(1));
  EXPECT_EQ(bench_.TakeAll(account_), 1);
  bench_.Advance(hours(30));
  EXPECT_EQ(bench_.TakeAll(account_), 5);
}

TEST_P(RateLimitStoreTest, GivesBackUpToTheBurst) {
  EXPECT_EQ(bench_.TakeAll(account_), 5);
  EXPECT_EQ(bench_.GiveBack({account_}).levels[0], (BucketLevel{5, 1, minutes(12)}));
  EXPECT_EQ(bench_.TakeAll(account_), 1);
  BucketShare all = account_;
  all.tokens = 5;
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bench_.GiveBack({all}).allowed);
  EXPECT_EQ(bench_.TakeAll(account_), 5);
}

TEST_P(RateLimitStoreTest, ABucketWithoutRefillComesBackAfterRest) {
  EXPECT_EQ(bench_.TakeAll(code_), 5);
  bench_.Advance(minutes(5) - milliseconds(1));
  EXPECT_EQ(bench_.TakeAll(code_), 0);
  bench_.Advance(milliseconds(1));
  EXPECT_EQ(bench_.TakeAll(code_), 5);
}

TEST_P(RateLimitStoreTest, BucketsOfOtherNamesAreOthers) {
  EXPECT_EQ(bench_.TakeAll(account_), 5);
  EXPECT_TRUE(bench_.Take({TokensOf("login_account", "a@example.test 192.0.2.2")}).allowed);
  EXPECT_TRUE(bench_.Take({account_}, "another partition").allowed);
  EXPECT_TRUE(bench_.Take({TokensOf("login_address", account_.subject)}).allowed);
}

TEST_P(RateLimitStoreTest, AStreakLocksForLongerEachTime) {
  EXPECT_EQ(bench_.TakeAll(failure_), 20);
  EXPECT_EQ(bench_.Take({failure_}).levels[0], (BucketLevel{20, 0, minutes(1)}));
  for (const int lock : {1, 2, 4, 8, 15, 15}) {
    EXPECT_EQ(bench_.Take({failure_}).retry_after, minutes(lock));
    bench_.Advance(minutes(lock));
    EXPECT_EQ(bench_.TakeAll(failure_), 1);
  }
}

TEST_P(RateLimitStoreTest, ASuccessEndsAStreakAndNoVerdictTakesOneBack) {
  EXPECT_EQ(bench_.TakeAll(failure_), 20);
  EXPECT_EQ(bench_.GiveBack({failure_}).levels[0], (BucketLevel{20, 1, hours(24)}));
  EXPECT_EQ(bench_.TakeAll(failure_), 1);
  BucketShare success = failure_;
  success.ends_streak = true;
  EXPECT_EQ(bench_.GiveBack({success}).levels[0], (BucketLevel{20, 20, Span(0)}));
  EXPECT_EQ(bench_.TakeAll(failure_), 20);
}

TEST_P(RateLimitStoreTest, AStreakIsForgottenADayAfterItsLastFailure) {
  for (int i = 0; i < 19; ++i) bench_.Take({failure_});
  bench_.Advance(hours(24) - milliseconds(1));
  EXPECT_EQ(bench_.Take({failure_}).levels[0].remaining, 0);
  bench_.Advance(hours(24));
  EXPECT_EQ(bench_.Take({failure_}).levels[0].remaining, 19);
}

TEST_P(RateLimitStoreTest, TwoHundredAtOnceAreTwoHundredCounted) {
  const BucketShare counted = Failure("a@example.test", {1000, minutes(1), minutes(15), hours(24)});
  for (const auto& [share, through] : {std::pair(counted, 200), std::pair(account_, 5)}) {
    std::atomic<int> allowed = 0;
    std::atomic<int> left = 200;
    std::promise<void> all;
    const std::vector<BucketShare> shares = {share};
    const std::string partition = "p";
    for (int i = 0; i < 200; ++i) {
      async::Spawn(bench_.body().store().Take(partition, shares, bench_.Now()),
                   [&](std::exception_ptr, absl::StatusOr<StepResult> result) {
                     allowed += result.ok() && result->allowed;
                     if (--left == 0) all.set_value();
                   });
    }
    all.get_future().wait();
    EXPECT_EQ(allowed, through);
  }
  EXPECT_EQ(bench_.Take({counted}).levels[0].remaining, 1000 - 201);
}

// Redis forgets keys by its clock: an hour is what they are kept longer for.
TEST_P(RateLimitStoreTest, NoStepOfEitherClockGivesAnything) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    for (const Span step :
         {Span(seconds(1)), Span(minutes(59)), Span(-minutes(59)), Span(-days(400))}) {
      const std::string subject =
          std::to_string((clock == &TwoClocks::store ? 1 : -1) * step.count());
      const BucketShare account = TokensOf("login_account", subject);
      const BucketShare code = TokensOf("second_factor", subject);
      const BucketShare failure = Failure(subject);
      for (const BucketShare& share : {account, code, failure}) bench_.TakeAll(share);
      bench_.now.*clock += step;
      EXPECT_EQ(bench_.TakeAll(account), 0) << subject;
      EXPECT_EQ(bench_.TakeAll(code), 0) << subject;
      EXPECT_EQ(bench_.TakeAll(failure), 0) << subject;
    }
  }
}

TEST_P(RateLimitStoreTest, NothingComesBackWhileEitherClockIsFrozen) {
  for (const auto frozen : {&TwoClocks::store, &TwoClocks::service}) {
    const std::string subject = frozen == &TwoClocks::store ? "store" : "service";
    const BucketShare account = TokensOf("login_account", subject);
    const BucketShare failure = Failure(subject);
    bench_.TakeAll(account);
    bench_.TakeAll(failure);
    const Span stands = bench_.now.*frozen;
    for (int i = 0; i < 50; ++i) {
      bench_.Advance(minutes(1));
      bench_.now.*frozen = stands;
      ASSERT_EQ(bench_.TakeAll(account), 0);
      ASSERT_EQ(bench_.TakeAll(failure), 0);
    }
    bench_.Advance(minutes(3));
    EXPECT_EQ(bench_.TakeAll(account), 1) << "and when it goes on, time counts again";
    EXPECT_EQ(bench_.TakeAll(failure), 1);
  }
}

TEST_P(RateLimitStoreTest, AStepBackStarvesNobodyForLongerThanAFilling) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    const std::string subject = clock == &TwoClocks::store ? "store" : "service";
    const BucketShare account = TokensOf("login_account", subject);
    bench_.TakeAll(account);
    bench_.now.*clock -= days(400);
    EXPECT_EQ(bench_.Take({account}).retry_after, minutes(15 + 3));
    bench_.Advance(minutes(15 + 3));
    EXPECT_EQ(bench_.TakeAll(account), 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, RateLimitStoreTest, ::testing::Values("Memory", "Redis"),
                         [](const auto& body) { return std::string(body.param); });

}  // namespace
}  // namespace tokenforge::sessions
