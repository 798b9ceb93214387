// The drill of several hosts in small: short cuts, no loss besides. `./dev drill hosts` is the
// whole of it.
#include "tests/drills/hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/drills/host_clock.h"

namespace tokenforge::drills {
namespace {

TEST(Hosts, CutOffInPairsTheyComeBackAndNothingAcknowledgedIsLost) {
  const HostsReport report = RunHosts({.loss = 0,
                                       .cut = std::chrono::seconds(4),
                                       .healed = std::chrono::seconds(12),
                                       .steps = {},
                                       .people = 3,
                                       .circuit_open_time = "500ms"});
  if (!report.missing.empty()) GTEST_SKIP() << report.missing;
  std::printf("%s", report.text.c_str());
  EXPECT_GT(report.packets_dropped, 0) << "nobody was cut off";
  EXPECT_TRUE(report.reconciled.lost.empty());
  EXPECT_GT(report.reconciled.registrations, 0);
  EXPECT_GT(report.reconciled.ends, 0);
}

// A clock beyond the leeway on one host: it is overruled by the others.
TEST(Hosts, AClockThatIsSteppedOnOneHostBreaksNoPromise) {
  if (const std::string missing = HostClock::Missing(); !missing.empty()) GTEST_SKIP() << missing;
  const HostsReport report = RunHosts({.loss = 0,
                                       .cuts = false,
                                       .steps = {std::chrono::hours(1), -std::chrono::hours(1)},
                                       .stepped = std::chrono::seconds(1),
                                       .people = 3,
                                       .circuit_open_time = "500ms"});
  if (!report.missing.empty()) GTEST_SKIP() << report.missing;
  std::printf("%s", report.text.c_str());
  EXPECT_THAT(report.broken, testing::IsEmpty());
  EXPECT_THAT(report.reconciled.lost, testing::IsEmpty());
  EXPECT_GT(report.reconciled.registrations, 0);
}

}  // namespace
}  // namespace tokenforge::drills
