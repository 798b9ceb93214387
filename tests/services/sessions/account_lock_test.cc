#include "services/sessions/account_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::sessions {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// An account, and somebody who guesses.
class Guesses {
 public:
  bool Guess() {
    Recall(streak, policy, now);
    if (UntilOpen(streak, policy, now) > Span(0)) return false;
    CountFailure(streak, now);
    return true;
  }
  int GuessAll(int most) {
    int through = 0;
    for (int i = 0; i < most; ++i) through += Guess();
    return through;
  }
  Span Locked() {
    Recall(streak, policy, now);
    return UntilOpen(streak, policy, now);
  }
  void Advance(Span by) { now = now + by; }

  const LockPolicy policy;
  Streak streak;
  TwoClocks now{days(20'000), days(20'000)};
};

TEST(AccountLock, TwentyOfTwoHundredGuessesGoThrough) {
  Guesses guesses;
  EXPECT_EQ(guesses.GuessAll(19), 19);
  EXPECT_EQ(guesses.Locked(), Span(0));
  EXPECT_EQ(guesses.GuessAll(181), 1);
  EXPECT_EQ(guesses.streak.failures, 20);
  EXPECT_EQ(guesses.Locked(), minutes(1));
}

TEST(AccountLock, DoublesWithEachFurtherFailureUpToItsLongest) {
  Guesses guesses;
  guesses.GuessAll(20);
  std::vector<Span> locks;
  for (int i = 0; i < 7; ++i) {
    locks.push_back(guesses.Locked());
    guesses.Advance(locks.back() - milliseconds(1));
    ASSERT_EQ(guesses.GuessAll(10), 0);
    guesses.Advance(milliseconds(1));
    ASSERT_EQ(guesses.GuessAll(10), 1) << "one at a time";
  }
  EXPECT_THAT(locks, ElementsAre(minutes(1), minutes(2), minutes(4), minutes(8), minutes(15),
                                 minutes(15), minutes(15)));
  EXPECT_EQ(LockOf(1'000'000, guesses.policy), minutes(15));
}

TEST(AccountLock, ASuccessEndsTheStreak) {
  Guesses guesses;
  guesses.GuessAll(20);
  EndStreak(guesses.streak);
  EXPECT_EQ(guesses.Locked(), Span(0));
  EXPECT_EQ(guesses.GuessAll(200), 20);
}

TEST(AccountLock, AnAttemptWithoutAVerdictIsAsIfItHadNotBeen) {
  Guesses guesses;
  guesses.GuessAll(5);
  TakeBack(guesses.streak, guesses.policy);
  EXPECT_EQ(guesses.streak.failures, 4);
  guesses.GuessAll(17);
  EXPECT_EQ(guesses.Locked(), minutes(1));
  TakeBack(guesses.streak, guesses.policy);
  EXPECT_EQ(guesses.Locked(), Span(0));
  guesses.GuessAll(1);
  guesses.Advance(minutes(1));
  EXPECT_TRUE(guesses.Guess());
  EXPECT_EQ(guesses.Locked(), minutes(2));
  TakeBack(guesses.streak, guesses.policy);
  EXPECT_EQ(guesses.Locked(), Span(0)) << "the lock before it was over";
  EXPECT_TRUE(guesses.Guess());
  EXPECT_EQ(guesses.Locked(), minutes(2)) << "and the streak goes on";
}

TEST(AccountLock, TakingBackFromNothingIsNothing) {
  Streak streak;
  TakeBack(streak, LockPolicy());
  EXPECT_EQ(streak, Streak());
}

TEST(AccountLock, ForgetsAStreakADayAfterItsLastFailure) {
  Guesses guesses;
  guesses.GuessAll(19);
  guesses.Advance(hours(24) - milliseconds(1));
  EXPECT_EQ(UntilForgotten(guesses.streak, guesses.policy, guesses.now), milliseconds(1));
  EXPECT_EQ(AttemptsLeft(guesses.streak, guesses.policy, guesses.now), 1);
  guesses.Advance(milliseconds(1));
  EXPECT_EQ(guesses.GuessAll(200), 20);
}

TEST(AccountLock, NoStepOfOneClockOpensItEarly) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    for (const Span step : {Span(minutes(5)), Span(days(400))}) {
      Guesses guesses;
      guesses.GuessAll(20);
      guesses.now.*clock += step;
      EXPECT_EQ(guesses.GuessAll(5), 0);
      EXPECT_EQ(guesses.Locked(), minutes(1));
      guesses.Advance(minutes(1));
      EXPECT_EQ(guesses.GuessAll(5), 1);
    }
  }
}

TEST(AccountLock, AStepBackLocksNoLongerThanOnceMore) {
  for (const auto clock : {&TwoClocks::store, &TwoClocks::service}) {
    for (const Span step : {Span(Span(20'000)), Span(days(400))}) {
      Guesses guesses;
      guesses.GuessAll(20);
      guesses.now.*clock -= step;
      EXPECT_EQ(guesses.Locked(), minutes(1) + std::min(step, Span(minutes(1))));
    }
  }
}

TEST(AccountLock, SaysWhatIsWrongWithAPolicy) {
  EXPECT_THAT(LockFaults({}), IsEmpty());
  EXPECT_THAT(LockFaults({20, minutes(16), minutes(15), hours(24)}), SizeIs(1));
  EXPECT_THAT(LockFaults({20, minutes(16), minutes(15), minutes(15)}), SizeIs(2));
}

}  // namespace
}  // namespace tokenforge::sessions
