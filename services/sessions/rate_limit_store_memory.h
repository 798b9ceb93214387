// RateLimitStore in memory: the rules and a map. For tests, and for the contract suite to hold the
// one on Redis against. It ends with the process and never forgets a bucket that is not full.
//
// Thread-safe; tasks never suspend.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "services/sessions/rate_limit_store.h"

namespace tokenforge::sessions {

class RateLimitStoreMemory final : public RateLimitStore {
 public:
  // The store's clock, which outlives the store.
  explicit RateLimitStoreMemory(const clock::Clock* clock) : clock_(*clock) {}

  async::Task<absl::StatusOr<StepResult>> Take(const std::string& partition,
                                               const std::vector<BucketShare>& shares,
                                               StepMoment moment) override;
  async::Task<absl::StatusOr<StepResult>> GiveBack(const std::string& partition,
                                                   const std::vector<BucketShare>& shares,
                                                   StepMoment moment) override;

  // From now on every step of this partition (empty: of any) fails with this reason; none: all
  // work.
  void FailWith(std::optional<errors::Reason> reason, std::string partition = "");
  size_t size() const;  // buckets and streaks that are not back to their beginning

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // policy, partition, subject
  using State = std::variant<TokenBucket, Streak>;
  struct Open;  // one share with its state, brought to now

  absl::Status Fault(const std::string& partition) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Open> OpenAll(const std::string& partition, const std::vector<BucketShare>& shares,
                            TwoClocks now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Save(const Open& open) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  TwoClocks Now(StepMoment moment) const;

  const clock::Clock& clock_;
  mutable sync::Mutex mutex_;
  std::optional<errors::Reason> fault_ ABSL_GUARDED_BY(mutex_);
  std::string faulty_ ABSL_GUARDED_BY(mutex_);
  std::map<Key, State> states_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::sessions
