#include "services/auth/status/hour.h"

#include <gtest/gtest.h>

namespace tokenforge::auth::status {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class HourTest : public testing::Test {
 protected:
  void Tell(clock::SteadyTime::duration after_start, std::uint64_t logins) {
    Totals totals{};
    totals[kLoginsSucceeded] = logins;
    hour_.Tell(start_ + after_start, totals);
  }

  const clock::SteadyTime start_{std::chrono::hours(1000)};
  Hour hour_{start_};
};

TEST_F(HourTest, CountsWhatCameInEachMinute) {
  Tell(seconds(1), 2);
  Tell(seconds(59), 5);
  Tell(minutes(1) + seconds(30), 6);
  Tell(minutes(3), 10);
  const Hour::Minutes seen = hour_.Of(kLoginsSucceeded);
  EXPECT_EQ(seen[59], 4u) << "the running minute";
  EXPECT_EQ(seen[58], 0u);
  EXPECT_EQ(seen[57], 1u);
  EXPECT_EQ(seen[56], 5u);
  EXPECT_EQ(seen[55], 0u) << "before the start";
  EXPECT_EQ(hour_.SumOf(kLoginsSucceeded), 10u);
  EXPECT_EQ(hour_.SumOf(kLoginsRefused), 0u);
  EXPECT_EQ(hour_.Known(), 4);
}

TEST_F(HourTest, ForgetsWhatIsAnHourAgo) {
  Tell(seconds(1), 7);
  Tell(minutes(59) + seconds(59), 8);
  EXPECT_EQ(hour_.SumOf(kLoginsSucceeded), 8u);
  Tell(minutes(60), 8);
  EXPECT_EQ(hour_.SumOf(kLoginsSucceeded), 1u) << "the first minute has left";
  EXPECT_EQ(hour_.Known(), 60);
}

TEST_F(HourTest, APauseOfHoursLeavesNothingBehind) {
  Tell(seconds(1), 7);
  Tell(minutes(300), 9);
  EXPECT_EQ(hour_.SumOf(kLoginsSucceeded), 2u);
  EXPECT_EQ(hour_.Of(kLoginsSucceeded)[59], 2u);
}

TEST_F(HourTest, AClockOrACounterThatGoesBackDoesNoHarm) {
  Tell(minutes(5), 7);
  Tell(minutes(4), 9);
  Tell(minutes(5), 3);
  Tell(minutes(5), 4);
  EXPECT_EQ(hour_.SumOf(kLoginsSucceeded), 10u);
}

}  // namespace
}  // namespace tokenforge::auth::status
