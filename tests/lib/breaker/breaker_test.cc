#include "lib/breaker/breaker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/fakes/fake_clock.h"

namespace tokenforge::breaker {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using State = Breaker::State;

class BreakerTest : public ::testing::Test {
 protected:
  // Calls that are let through and end at once.
  void Call(int times, Verdict verdict) {
    for (int i = 0; i < times; ++i) {
      std::optional<Permit> permit = breaker_.Admit();
      ASSERT_TRUE(permit);
      permit->Settle(verdict);
    }
  }
  void Good(int times) { Call(times, {Verdict::kGood}); }
  void Fail(int times) { Call(times, {Verdict::kFailed}); }
  void MakeHalfOpen() {
    Fail(10);
    clock_.Advance(seconds(30));
  }

  fakes::FakeClock clock_;
  std::vector<State> changes_;
  Breaker breaker_{
      {}, clock_, [this](const Breaker::Change& change) { changes_.push_back(change.state); }};
};

TEST_F(BreakerTest, LetsEverybodyThroughAtFirst) {
  Good(1000);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_EQ(breaker_.Wait(), seconds(0));
}

TEST_F(BreakerTest, StaysClosedWithNineFailures) {
  Fail(9);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, OpensWithTheTenthFailure) {
  Fail(10);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_FALSE(breaker_.Admit());
  EXPECT_EQ(breaker_.Wait(), seconds(30));
}

TEST_F(BreakerTest, HalfIsNotMoreThanHalf) {
  Good(10);
  Fail(10);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(BreakerTest, CallsThatSayNothingCountNeitherWay) {
  Fail(9);
  Call(100, {Verdict::kNothing});
  EXPECT_EQ(breaker_.state(), State::kClosed);
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(BreakerTest, APermitDestroyedWithoutAWordSaysNothing) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(breaker_.Admit());
  Fail(9);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, FailuresLeaveTheWindowAfterTenSeconds) {
  Fail(9);
  clock_.Advance(seconds(10));
  Fail(9);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, FailuresOfNineSecondsAgoCount) {
  Fail(9);
  clock_.Advance(seconds(9));
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen);
}

TEST_F(BreakerTest, GoodTimesAreForgottenToo) {
  Good(1000);
  clock_.Advance(seconds(9));
  Fail(20);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  clock_.Advance(seconds(1));
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen) << "only the twenty-one of the last seconds count";
}

TEST_F(BreakerTest, CountsForAsLongAsHalfGoesWell) {
  for (int second = 0; second < 60; ++second) {
    Good(1);
    Fail(1);
    clock_.Advance(seconds(1));
  }
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, ReportsWhatLedToIt) {
  Breaker::Change seen{State::kClosed};
  Breaker breaker({}, clock_, [&](const Breaker::Change& change) { seen = change; });
  for (int i = 0; i < 15; ++i) {
    breaker.Admit()->Settle({i < 5 ? Verdict::kGood : Verdict::kFailed});
  }
  EXPECT_EQ(seen.state, State::kOpen);
  EXPECT_EQ(seen.calls, 11);
  EXPECT_EQ(seen.failed, 6);
  EXPECT_EQ(seen.open_for, seconds(30));
}

TEST_F(BreakerTest, IsOpenUntilTheLastMoment) {
  Fail(10);
  clock_.Advance(seconds(30) - milliseconds(1));
  EXPECT_FALSE(breaker_.Admit());
  EXPECT_EQ(breaker_.Wait(), milliseconds(1));
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(breaker_.Wait(), milliseconds(0));
  EXPECT_TRUE(breaker_.Admit());
}

TEST_F(BreakerTest, ExactlyOneProbe) {
  MakeHalfOpen();
  const std::optional<Permit> probe = breaker_.Admit();
  EXPECT_TRUE(probe);
  EXPECT_FALSE(breaker_.Admit());
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  EXPECT_GT(breaker_.Wait(), milliseconds(0));
}

TEST_F(BreakerTest, AGoodProbeClosesItWithAnEmptyWindow) {
  MakeHalfOpen();
  Good(1);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  Fail(9);
  EXPECT_EQ(breaker_.state(), State::kClosed);
  EXPECT_THAT(changes_, ElementsAre(State::kOpen, State::kHalfOpen, State::kClosed));
}

TEST_F(BreakerTest, ABadProbeOpensItAgain) {
  MakeHalfOpen();
  Fail(1);
  EXPECT_EQ(breaker_.state(), State::kOpen);
  EXPECT_EQ(breaker_.Wait(), seconds(30));
}

TEST_F(BreakerTest, AProbeThatSaysNothingIsGivenBack) {
  MakeHalfOpen();
  Call(3, {Verdict::kNothing});
  EXPECT_EQ(breaker_.state(), State::kHalfOpen);
  Good(1);
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, AProbeThatNeverComesBackMakesRoomForAnother) {
  MakeHalfOpen();
  std::optional<Permit> lost = breaker_.Admit();
  clock_.Advance(seconds(30) - milliseconds(1));
  EXPECT_FALSE(breaker_.Admit());
  clock_.Advance(milliseconds(1));
  std::optional<Permit> second = breaker_.Admit();
  ASSERT_TRUE(second);
  lost->Settle({Verdict::kFailed});
  EXPECT_EQ(breaker_.state(), State::kHalfOpen) << "the lost one no longer counts";
  second->Settle({Verdict::kGood});
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, CallsFromBeforeItOpenedSayNothingAfter) {
  std::vector<Permit> old;
  for (int i = 0; i < 20; ++i) old.push_back(*breaker_.Admit());
  MakeHalfOpen();
  old[0].Settle({Verdict::kGood});
  EXPECT_EQ(breaker_.state(), State::kOpen) << "an old success is no probe";
  std::optional<Permit> probe = breaker_.Admit();
  old[1].Settle({Verdict::kFailed});
  EXPECT_EQ(breaker_.state(), State::kHalfOpen) << "an old failure is none either";
  probe->Settle({Verdict::kGood});
  for (int i = 2; i < 20; ++i) old[static_cast<std::size_t>(i)].Settle({Verdict::kFailed});
  EXPECT_EQ(breaker_.state(), State::kClosed) << "the hung ones end, now that it is back";
}

TEST_F(BreakerTest, OpensForNoLongerThanTheDependencySaid) {
  Fail(9);
  Call(1, {Verdict::kFailed, seconds(12)});
  EXPECT_EQ(breaker_.Wait(), seconds(12));
}

TEST_F(BreakerTest, NobodyElseCanKeepItOpenForLonger) {
  Fail(9);
  Call(1, {Verdict::kFailed, std::chrono::hours(1)});
  EXPECT_EQ(breaker_.Wait(), seconds(30));
}

TEST_F(BreakerTest, APermitIsSettledOnce) {
  std::optional<Permit> permit = breaker_.Admit();
  for (int i = 0; i < 10; ++i) permit->Settle({Verdict::kFailed});
  Permit moved = *std::move(permit);
  moved.Settle({Verdict::kFailed});
  EXPECT_EQ(breaker_.state(), State::kClosed);
}

TEST_F(BreakerTest, OptionsDecide) {
  Breaker quick(
      {.window = seconds(1), .min_calls = 2, .failed_percent = 90, .open_time = seconds(1)},
      clock_);
  const auto call = [&](Verdict::Kind kind) { quick.Admit()->Settle({kind}); };
  for (int i = 0; i < 9; ++i) call(Verdict::kFailed), call(Verdict::kGood);
  EXPECT_EQ(quick.state(), State::kClosed);
  clock_.Advance(seconds(1));
  call(Verdict::kFailed);
  call(Verdict::kFailed);
  EXPECT_EQ(quick.state(), State::kOpen);
  clock_.Advance(seconds(1));
  EXPECT_TRUE(quick.Admit());
}

// Many threads, a machine clock and a dependency that fails while it is told to: no thread ever has
// a second probe, and it closes in the end.
TEST(BreakerThreads, NeverLetTwoProbesThrough) {
  const clock::SystemClock clock;
  Breaker breaker({.window = milliseconds(100), .min_calls = 5, .open_time = milliseconds(1)},
                  clock);
  std::atomic<bool> down = true;
  std::atomic<int> rounds = 0;
  const auto caller = [&] {
    while (rounds < 200'000) {
      ++rounds;
      if (rounds > 150'000) down = false;
      std::optional<Permit> permit = breaker.Admit();
      if (permit) permit->Settle({down ? Verdict::kFailed : Verdict::kGood});
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(caller);
  for (std::thread& thread : threads) thread.join();
  while (breaker.state() != State::kClosed) {
    if (std::optional<Permit> permit = breaker.Admit()) permit->Settle({Verdict::kGood});
  }
}

}  // namespace
}  // namespace tokenforge::breaker
