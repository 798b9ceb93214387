// GuardReportStore: what façade replicas report about their guards, where every replica of this
// service reads it.
//
// Contract, which one test suite checks on every body:
//  - A report counts until its replica's next one, until it is withdrawn (connected = 0), or until
//  GuardReport::kLife after it came, measured by the store.
//  - At most GuardReport::kMostReplicas are kept; the one that was renewed longest ago gives way.
//  - A fault of the store is DEPENDENCY_DOWN, OVERLOADED or INTERNAL_FAULT (a damaged report), and
//  never looks like "no guards".
// Reports are not authenticated: whoever writes the store can hurry a rotation or delay it by an
// hour, no more. Thread-safe; coroutines go on where the store answers. Outlives its tasks.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/keys/guard_report.h"

namespace tokenforge::keys {

class GuardReportStore {
 public:
  virtual ~GuardReportStore() = default;

  // Keeps one report and answers with all that count, this one included, by facade_id. One round
  // trip.
  virtual async::Task<absl::StatusOr<std::vector<GuardReport>>> Report(
      GuardReport report, clock::SteadyTime deadline) = 0;

  virtual async::Task<absl::StatusOr<std::vector<GuardReport>>> Read(
      clock::SteadyTime deadline) = 0;
};

}  // namespace tokenforge::keys
