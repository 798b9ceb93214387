// AgreedClock: who is believed when clocks differ.
#include "lib/clock/agreed_clock.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tokenforge::clock {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class AgreedClockTest : public ::testing::Test {
 protected:
  // The machine's clock is right; others may be off by so much.
  WallTime Truth() const { return truth_.Now(); }
  void Hear(nanoseconds off = seconds(0)) {
    clock_.Hear(Truth() + std::chrono::duration_cast<WallTime::duration>(off), machine_.SteadyNow(),
                machine_.SteadyNow());
  }
  void Pass(nanoseconds by) {
    machine_.Advance(by);
    truth_.Advance(by);
  }
  // How far the agreed time is ahead of the truth.
  nanoseconds Off() const { return clock_.Now() - Truth(); }

  fakes::FakeClock truth_;
  fakes::FakeClock machine_;
  AgreedClock clock_{&machine_};
};

TEST_F(AgreedClockTest, WhoeverHearsNobodyHasTheMachinesClock) {
  machine_.Step(hours(1));
  EXPECT_EQ(Off(), hours(1));
  EXPECT_EQ(clock_.OwnAhead(), seconds(0));
}

TEST_F(AgreedClockTest, AStepOfTheMachinesClockIsOverruled) {
  for (const seconds step : {seconds(hours(1)), -seconds(hours(1)), seconds(120), -seconds(120)}) {
    Hear();
    machine_.Step(step);
    EXPECT_EQ(Off(), seconds(0)) << step.count();
    EXPECT_EQ(clock_.OwnAhead(), step);
    for (int i = 0; i < 1000; ++i) {
      Pass(seconds(5));
      Hear();
    }
    EXPECT_EQ(Off(), seconds(0)) << step.count();
    machine_.Step(-step);
    EXPECT_EQ(Off(), seconds(0));
    EXPECT_EQ(clock_.OwnAhead(), seconds(0));
  }
}

TEST_F(AgreedClockTest, ASmallDifferenceIsLeftToTheMachine) {
  Hear(milliseconds(4900));
  EXPECT_EQ(Off(), seconds(0));
  machine_.Step(milliseconds(300));
  EXPECT_EQ(Off(), milliseconds(300));
}

TEST_F(AgreedClockTest, SomebodyElsesStepMovesNobody) {
  Hear();
  Pass(seconds(5));
  Hear(hours(1));
  EXPECT_EQ(Off(), seconds(0));
  Pass(seconds(5));
  Hear(-hours(1));
  EXPECT_EQ(Off(), seconds(0));
}

TEST_F(AgreedClockTest, WhoStartsUnderAWrongClockTakesWhatItIsTold) {
  machine_.Step(-hours(1));
  AgreedClock started(&machine_);
  started.Hear(Truth(), machine_.SteadyNow(), machine_.SteadyNow());
  EXPECT_EQ(started.Now(), Truth());
  machine_.Step(hours(1));  // put right: nothing changes
  EXPECT_EQ(started.Now(), Truth());
}

// The steady clock stands still meanwhile, or the wall clock would not be ahead of it.
TEST_F(AgreedClockTest, AfterASuspensionTheNextWordOfAnotherIsEnough) {
  Hear();
  truth_.Step(hours(1));
  machine_.Step(hours(1));
  Hear();
  EXPECT_EQ(Off(), seconds(0));
  machine_.Step(-hours(1));  // and the anchor has moved along
  EXPECT_EQ(Off(), seconds(0));
}

TEST_F(AgreedClockTest, WithNobodyHeardForLongTheLaterCounts) {
  Hear();
  Pass(AgreedClock::kFresh + seconds(1));
  machine_.Step(-hours(1));
  EXPECT_EQ(Off(), seconds(0)) << "what has expired stays so";
  machine_.Step(hours(2));
  EXPECT_EQ(Off(), hours(1));
}

TEST_F(AgreedClockTest, AnAnswerThatTookLongTellsNothing) {
  machine_.Step(hours(1));
  const SteadyTime heard = machine_.SteadyNow() + milliseconds(1001);
  clock_.Hear(Truth(), machine_.SteadyNow(), heard);
  EXPECT_EQ(Off(), hours(1));
}

}  // namespace
}  // namespace tokenforge::clock
