#include "services/keys/guard_report_store_memory.h"

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

absl::Status Away() {
  return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN, "the key store is away",
                               std::chrono::milliseconds(1000));
}

}  // namespace

std::vector<GuardReport> GuardReportStoreMemory::All() {
  const clock::SteadyTime now = clock_.SteadyNow();
  std::erase_if(
      kept_, [now](const auto& entry) { return now - entry.second.renewed >= GuardReport::kLife; });
  std::vector<GuardReport> reports;
  for (const auto& [id, kept] : kept_) reports.push_back(kept.report);
  return reports;
}

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreMemory::Report(
    GuardReport report, clock::SteadyTime) {
  const sync::MutexLock lock(&mutex_);
  if (away_) co_return Away();
  All();  // drops the old ones
  const std::string id = report.facade_id;
  if (report.connected == 0) {
    kept_.erase(id);
    co_return All();
  }
  if (!kept_.contains(id) && kept_.size() >= GuardReport::kMostReplicas) {
    kept_.erase(std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
      return a.second.renewed < b.second.renewed;
    }));
  }
  kept_[id] = {std::move(report), clock_.SteadyNow()};
  co_return All();
}

async::Task<absl::StatusOr<std::vector<GuardReport>>> GuardReportStoreMemory::Read(
    clock::SteadyTime) {
  const sync::MutexLock lock(&mutex_);
  if (away_) co_return Away();
  co_return All();
}

void GuardReportStoreMemory::SetAway(bool away) {
  const sync::MutexLock lock(&mutex_);
  away_ = away;
}

}  // namespace tokenforge::keys
