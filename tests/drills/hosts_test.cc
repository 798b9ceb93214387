// The drill of several hosts in small: short cuts, no loss besides. `./dev drill hosts` is the
// whole of it.
#include "tests/drills/hosts.h"

#include <gtest/gtest.h>

namespace tokenforge::drills {
namespace {

TEST(Hosts, CutOffInPairsTheyComeBackAndNothingAcknowledgedIsLost) {
  const HostsReport report = RunHosts(
      {.loss = 0, .cut = std::chrono::seconds(4), .healed = std::chrono::seconds(12), .people = 3});
  if (!report.missing.empty()) GTEST_SKIP() << report.missing;
  std::printf("%s", report.text.c_str());
  EXPECT_GT(report.packets_dropped, 0) << "nobody was cut off";
  EXPECT_TRUE(report.reconciled.lost.empty());
  EXPECT_GT(report.reconciled.registrations, 0);
  EXPECT_GT(report.reconciled.ends, 0);
}

}  // namespace
}  // namespace tokenforge::drills
