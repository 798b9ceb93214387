#include "services/sessions/token_bucket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "services/sessions/anchored_clock.h"
#include "services/sessions/rate_limits.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr TokenPolicy kFive{5, 5, minutes(15)};

// A bucket, what fills it, and both clocks.
class Tap {
 public:
  explicit Tap(TokenPolicy policy) : policy_(policy) {}

  bool Take(std::int64_t tokens = 1) {
    Refill(bucket, policy_, now);
    if (!Holds(bucket, policy_, tokens)) return false;
    Spend(bucket, policy_, tokens, now);
    return true;
  }
  int TakeAll() {
    int taken = 0;
    while (Take()) ++taken;
    return taken;
  }
  void Return(std::int64_t tokens = 1) {
    Refill(bucket, policy_, now);
    GiveBack(bucket, policy_, tokens);
  }
  Span Wait(std::int64_t tokens) {
    Refill(bucket, policy_, now);
    return UntilHolds(bucket, policy_, tokens, now);
  }
  void Advance(Span by) { now = now + by; }

  TwoClocks now{days(20'000), days(20'000)};
  TokenBucket bucket;

 private:
  TokenPolicy policy_;
};

TEST(TokenBucket, StartsFullAndHoldsNoMore) {
  Tap tap(kFive);
  EXPECT_EQ(tap.TakeAll(), 5);
  tap.Advance(hours(20));
  EXPECT_EQ(tap.TakeAll(), 5);
}

TEST(TokenBucket, GivesATokenExactlyWhenItIsDue) {
  Tap tap(kFive);
  tap.TakeAll();
  EXPECT_EQ(tap.Wait(1), minutes(3));
  tap.Advance(minutes(3) - milliseconds(1));
  EXPECT_FALSE(tap.Take());
  EXPECT_EQ(tap.Wait(1), milliseconds(1));
  tap.Advance(milliseconds(1));
  EXPECT_TRUE(tap.Take());
  EXPECT_FALSE(tap.Take());
}

TEST(TokenBucket, LosesNothingToFrequentLooks) {
  Tap tap({10, 7, seconds(3)});
  tap.TakeAll();
  int taken = 0;
  for (int i = 0; i < 30'000; ++i) {
    tap.Advance(milliseconds(1));
    taken += tap.Take();
  }
  EXPECT_EQ(taken, 70);
}

TEST(TokenBucket, TakesSeveralOrNone) {
  Tap tap(kFive);
  EXPECT_TRUE(tap.Take(3));
  EXPECT_FALSE(tap.Take(3));
  EXPECT_EQ(tap.Wait(3), minutes(3));
  EXPECT_TRUE(tap.Take(2));
}

TEST(TokenBucket, TakesBackNoMoreThanItsBurst) {
  Tap tap(kFive);
  tap.Take();
  tap.Return(1'000'000);
  EXPECT_EQ(tap.TakeAll(), 5);
  tap.Return();
  EXPECT_EQ(tap.TakeAll(), 1);
}

TEST(TokenBucket, WithoutRefillIsFullOnlyAfterAPeriodOfRest) {
  Tap tap({5, 0, minutes(5)});
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(tap.Take());
    tap.Advance(minutes(4));
  }
  EXPECT_FALSE(tap.Take());
  EXPECT_EQ(tap.Wait(1), minutes(1));
  tap.Advance(minutes(1));
  EXPECT_EQ(tap.TakeAll(), 5);
}

TEST(TokenBucket, GivesNothingToAStepOfEitherClock) {
  for (const Span step : {Span(minutes(10)), Span(days(400))}) {
    for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
      Tap tap(kFive);
      tap.TakeAll();
      tap.now.*clock += step;
      EXPECT_EQ(tap.TakeAll(), 0);
      tap.Advance(minutes(3));
      EXPECT_EQ(tap.TakeAll(), 1) << "and time goes on for the honest";
    }
  }
}

TEST(TokenBucket, GivesNothingWhileEitherClockIsFrozen) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    Tap tap(kFive);
    tap.TakeAll();
    for (int i = 0; i < 60; ++i) {
      tap.now.*clock += minutes(1);  // the other one
      EXPECT_EQ(tap.TakeAll(), 0);
    }
  }
}

TEST(TokenBucket, StarvesNobodyForLongerThanAStepBackOrAFilling) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    for (const Span step : {Span(minutes(2)), Span(days(400))}) {
      Tap tap(kFive);
      tap.TakeAll();
      tap.now.*clock -= step;
      const Span starved = std::min(step, Span(minutes(15)));
      EXPECT_EQ(tap.Wait(1), starved + minutes(3));
      tap.Advance(starved + minutes(3) - milliseconds(1));
      EXPECT_EQ(tap.TakeAll(), 0);
      tap.Advance(milliseconds(1));
      EXPECT_EQ(tap.TakeAll(), 1);
    }
  }
}

TEST(TokenBucket, GivesNothingToAClockThatSwings) {
  Tap tap(kFive);
  tap.TakeAll();
  for (int i = 0; i < 1000; ++i) {
    tap.now.store += i % 2 == 0 ? hours(1) : -hours(1);
    EXPECT_EQ(tap.TakeAll(), 0);
  }
}

// Two replicas whose clocks differ take turns faster than they differ.
TEST(TokenBucket, LosesNothingToReplicasThatDisagree) {
  Tap tap({10, 1000, seconds(1)});
  tap.TakeAll();
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    tap.now.service += i % 2 == 0 ? milliseconds(50) : -milliseconds(50);
    tap.Advance(milliseconds(1));
    taken += tap.Take();
  }
  EXPECT_GE(taken, 9'950);
  EXPECT_LE(taken, 10'000);
}

TEST(TokenBucket, NeverGivesMoreThanItsBurstAndWhatCameIn) {
  std::minstd_rand random(7);
  for (int round = 0; round < 200; ++round) {
    const TokenPolicy policy{2 + static_cast<int>(random() % 20),
                             1 + static_cast<int>(random() % 9), seconds(1 + random() % 60)};
    Tap tap(policy);
    Span passed{};
    std::int64_t taken = 0;
    for (int i = 0; i < 500; ++i) {
      const Span by(random() % 100);  // too short to fill it
      passed += by;
      tap.Advance(by);
      tap.now.service += milliseconds(random() % 100);  // always ahead, ever more
      taken += tap.TakeAll();
      ASSERT_LE(taken, policy.burst + passed.count() * policy.refill / policy.period.count());
    }
    ASSERT_GE(taken, policy.burst + passed.count() * policy.refill / policy.period.count() - 1);
  }
}

TEST(TokenBucket, AWaitIsAsLongAsItSays) {
  std::minstd_rand random(11);
  for (int round = 0; round < 500; ++round) {
    const TokenPolicy policy{1 + static_cast<int>(random() % 20), static_cast<int>(random() % 9),
                             seconds(1 + random() % 60)};
    Tap tap(policy);
    tap.TakeAll();
    tap.now.store += milliseconds(random() % 3'000) - milliseconds(1'500);
    tap.Advance(milliseconds(random() % 500));
    const std::int64_t tokens = 1 + static_cast<std::int64_t>(random()) % policy.burst;
    const Span wait = tap.Wait(tokens);
    if (wait == Span(0)) continue;
    tap.Advance(wait - milliseconds(1));
    ASSERT_FALSE(tap.Take(tokens));
    tap.Advance(milliseconds(1));
    ASSERT_TRUE(tap.Take(tokens));
  }
}

TEST(TokenBucket, ASmallerBurstHoldsAtOnce) {
  TokenBucket bucket;
  const TwoClocks now{days(1), days(1)};
  Refill(bucket, {100, 100, minutes(15)}, now);
  Spend(bucket, {100, 100, minutes(15)}, 90, now);
  Refill(bucket, kFive, now);
  EXPECT_EQ(Remaining(bucket, kFive), 0);
  EXPECT_EQ(UntilFull(bucket, kFive, now), minutes(15));
}

TEST(AnchoredClock, GoesOnWhenSomebodySetsTheClock) {
  fakes::FakeClock clock;
  const AnchoredClock anchored(&clock);
  const Span begin = anchored.Now();
  EXPECT_EQ(begin, clock.Now().time_since_epoch());
  clock.Step(days(1));
  EXPECT_EQ(anchored.Now(), begin);
  clock.Advance(seconds(5));
  EXPECT_EQ(anchored.Now(), begin + seconds(5));
}

TEST(TokenPolicy, SaysEverythingThatIsWrong) {
  EXPECT_THAT(PolicyFaults({1'000'000, 1'000'000, days(1)}), IsEmpty());
  EXPECT_THAT(PolicyFaults({1, 0, seconds(1)}), IsEmpty());
  EXPECT_THAT(PolicyFaults({0, -1, milliseconds(999)}), SizeIs(3));
  EXPECT_THAT(PolicyFaults({1'000'001, 1'000'001, days(1) + milliseconds(1)}), SizeIs(3));
  EXPECT_THAT(PolicyFaults({25, 1, hours(1)}), SizeIs(1)) << "empty for more than a day";
}

TEST(RateLimits, AreThoseOfTheManual) {
  std::string all;
  const RateLimits limits;
  for (const auto& [name, policy] : limits.policies()) {
    EXPECT_THAT(PolicyFaults(policy), IsEmpty()) << name;
    all += name + "=" + TextOf(policy) + " ";
  }
  EXPECT_EQ(all,
            "login_account=5/5/15m login_address=100/100/15m refresh_session=10/30/1m "
            "register_address=20/20/1h reset_account=3/3/1h second_factor=5/none/5m ");
  EXPECT_EQ(limits.Find("login"), nullptr);
}

TEST(RateLimits, ChangeAsAnOperatorSays) {
  RateLimits limits;
  EXPECT_THAT(limits.Change({"login_address=1/2/3m", "second_factor=3/none/10m"}), IsEmpty());
  EXPECT_EQ(*limits.Find("login_address"), (TokenPolicy{1, 2, minutes(3)}));
  EXPECT_EQ(*limits.Find("second_factor"), (TokenPolicy{3, 0, minutes(10)}));
  EXPECT_EQ(*limits.Find("login_account"), kFive);
}

TEST(RateLimits, NameEveryMistakeAndChangeNothing) {
  RateLimits limits;
  const std::vector<std::string> wrong = {"login_account",
                                          "login_account=",
                                          "login_account=5/5",
                                          "login_account=5/5/15",
                                          "login_account=5/x/15m",
                                          "login_account=-5/5/15m",
                                          "login_account=5/5/15m/",
                                          "login_account= 5/5/15m",
                                          "login=5/5/15m",
                                          "=5/5/15m",
                                          "",
                                          "login_account=0/5/15m"};
  for (const std::string& setting : wrong) {
    EXPECT_THAT(limits.Change({"reset_account=9/9/9m", setting}), SizeIs(1)) << setting;
  }
  EXPECT_THAT(limits.Change(wrong), SizeIs(wrong.size()));
  EXPECT_THAT(limits.Change({"reset_account=9/9/9m", "reset_account=8/8/8m"}), SizeIs(1));
  EXPECT_EQ(limits.policies(), RateLimits().policies());
}

}  // namespace
}  // namespace tokenforge::sessions
