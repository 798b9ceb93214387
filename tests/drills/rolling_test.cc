// The rolling drill in small: two rounds. `./dev drill rolling` is the whole of it.
#include "tests/drills/rolling.h"

#include <gtest/gtest.h>

namespace tokenforge::drills {
namespace {

TEST(Rolling, RestartOfEveryReplicaFailsNoCall) {
  const RollingReport report =
      RunRolling({.rounds = 2, .people = 4, .plain_people = 1, .circuit_open_time = "500ms"});
  std::printf("%s", report.text.c_str());
  EXPECT_EQ(report.failed, 0);
  EXPECT_EQ(report.bad_exits, 0);
  EXPECT_TRUE(report.reconciled.lost.empty());
  EXPECT_GT(report.calls, 500);
  EXPECT_GT(report.revocations_seen, 0);
}

TEST(Rolling, KillingEveryReplicaLosesNothingThatWasAcknowledged) {
  const RollingReport report = RunRolling({.rounds = 2,
                                           .signal = SIGKILL,
                                           .postgres = false,
                                           .people = 4,
                                           .plain_people = 0,
                                           .circuit_open_time = "500ms"});
  std::printf("%s", report.text.c_str());
  EXPECT_TRUE(report.reconciled.lost.empty());
  EXPECT_GT(report.reconciled.registrations, 0);
  EXPECT_GT(report.reconciled.ends, 0);
}

}  // namespace
}  // namespace tokenforge::drills
