// The soak drill in small: a dozen faults. `./dev drill soak` is the whole of it; so short a time
// says nothing of memory.
#include "tests/drills/soak.h"

#include <gtest/gtest.h>

namespace tokenforge::drills {
namespace {

TEST(Soak, FaultAfterFaultLosesNothingThatWasAcknowledged) {
  const SoakReport report = RunSoak({.length = std::chrono::seconds(65),
                                     .between = std::chrono::seconds(5),
                                     .hang = std::chrono::seconds(2),
                                     .people = 4,
                                     .pause = std::chrono::milliseconds(50),
                                     .circuit_open_time = "500ms"});
  std::printf("%s", report.text.c_str());
  EXPECT_GE(report.faults, 5);
  EXPECT_TRUE(report.reconciled.lost.empty());
  EXPECT_GT(report.reconciled.registrations, 0);
  EXPECT_GT(report.reconciled.ends, 0);
}

}  // namespace
}  // namespace tokenforge::drills
