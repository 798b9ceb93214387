// rpc::WallSteps, in a process of its own whose clock is set back (timer_probe.cc).
#include <gtest/gtest.h>

#include "tests/drills/host_clock.h"
#include "tests/system/child_process.h"

namespace tokenforge::drills {
namespace {

TEST(WallSteps, ATimerOfGrpcComesAlthoughTheClockIsSetBackByAnHour) {
  if (const std::string missing = HostClock::Missing(); !missing.empty()) GTEST_SKIP() << missing;
  const HostClock clock;
  std::vector<std::string> command = clock.Command();
  command.emplace_back(TOKENFORGE_TIMER_PROBE);
  systemtest::ChildProcess probe;
  ASSERT_TRUE(probe.Start(command, "/dev/null"));
  ASSERT_TRUE(probe.WaitForEnd(std::chrono::minutes(2))) << "gRPC's timers stand still";
  EXPECT_EQ(probe.exit_code(), 0);
}

}  // namespace
}  // namespace tokenforge::drills
