#include <gtest/gtest.h>

#include "services/auth/guard_wait.h"

namespace tokenforge::auth {
namespace {

keys::v1::GuardReport Report(const std::string& facade, std::uint64_t version, int connected,
                             int applied, std::uint64_t least) {
  keys::v1::GuardReport report;
  report.set_facade_id(facade);
  report.set_keys_version(version);
  report.set_connected(connected);
  report.set_applied(applied);
  report.set_least_applied_version(least);
  return report;
}

TEST(GuardTally, AddsUpWhatOtherReplicasReport) {
  keys::v1::ReportGuardsResponse answer;
  *answer.add_reports() = Report("own", 5, 100, 100, 5);
  *answer.add_reports() = Report("a", 5, 10, 7, 4);
  *answer.add_reports() = Report("b", 5, 4, 4, 5);
  const GuardTally tally = TallyOf(answer, "own", 5);
  EXPECT_EQ(tally.connected, 14);
  EXPECT_EQ(tally.applied, 11);
}

TEST(GuardTally, CountsNobodyWhoIsReportedForAnOlderSet) {
  keys::v1::ReportGuardsResponse answer;
  *answer.add_reports() = Report("a", 4, 10, 10, 4);
  EXPECT_EQ(TallyOf(answer, "own", 5).connected, 10);
  EXPECT_EQ(TallyOf(answer, "own", 5).applied, 0);
}

TEST(GuardTally, CountsEverybodyWhenTheSlowestIsBeyondTheSet) {
  keys::v1::ReportGuardsResponse answer;
  *answer.add_reports() = Report("a", 8, 10, 2, 6);
  EXPECT_EQ(TallyOf(answer, "own", 5).applied, 10);
}

}  // namespace
}  // namespace tokenforge::auth
