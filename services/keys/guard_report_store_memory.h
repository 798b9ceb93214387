// GuardReportStore in memory, for tests: the same contract, and faults on demand.
#pragma once

#include <map>
#include <string>

#include "lib/sync/mutex.h"
#include "services/keys/guard_report_store.h"

namespace tokenforge::keys {

class GuardReportStoreMemory final : public GuardReportStore {
 public:
  // Outlives the store; only its steady time counts.
  explicit GuardReportStoreMemory(const clock::Clock& clock) : clock_(clock) {}

  async::Task<absl::StatusOr<std::vector<GuardReport>>> Report(GuardReport report,
                                                               clock::SteadyTime) override;
  async::Task<absl::StatusOr<std::vector<GuardReport>>> Read(clock::SteadyTime) override;

  // While set, every operation fails with DEPENDENCY_DOWN.
  void SetAway(bool away);

 private:
  struct Kept {
    GuardReport report;
    clock::SteadyTime renewed;
  };
  std::vector<GuardReport> All() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const clock::Clock& clock_;
  sync::Mutex mutex_;
  std::map<std::string, Kept> kept_ ABSL_GUARDED_BY(mutex_);
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tokenforge::keys
