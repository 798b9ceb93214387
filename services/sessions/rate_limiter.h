// RateLimiter: takes from buckets of several partitions together or not at all.
//
// One partition is one atomic step of the store. Several are one step each, side by side, and what
// some gave goes back when another refuses or fails. Between the two somebody else may be refused
// for want of what is about to come back; a process that dies there loses it until time brings it.
// Nothing is ever gained: what may have been taken, for all an error tells, is not given back, and
// giving back is tried once.
//
// Counts refusals in tokenforge_rate_limited_total{policy}. Thread-safe; coroutines go on where the
// store answers. What it is given outlives it and its tasks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/sessions/anchored_clock.h"
#include "services/sessions/rate_limit_store.h"
#include "services/sessions/rate_limits.h"

namespace tokenforge::sessions {

struct PartitionedShare {
  std::string partition;
  BucketShare share;
};

// Counts an attempt that this policy refused.
void CountRateLimited(std::string_view policy);

class RateLimiter {
 public:
  struct Options {
    RateLimits limits;
    Span store_timeout = std::chrono::seconds(2);  // of one step, if the caller's deadline is later
  };
  RateLimiter(RateLimitStore* store, const clock::Clock* clock, Options options)
      : store_(*store), clock_(clock), options_(std::move(options)) {}

  const RateLimits& limits() const { return options_.limits; }

  // What came of it, with the levels in the order of the shares. DEPENDENCY_DOWN, OVERLOADED,
  // INTERNAL_FAULT: as the store says; the attempt must not be let through.
  async::Task<absl::StatusOr<StepResult>> Take(std::vector<PartitionedShare> shares,
                                               clock::SteadyTime deadline);
  // An error: some may have been given back and some not; it must not be tried again.
  async::Task<absl::StatusOr<StepResult>> GiveBack(std::vector<PartitionedShare> shares,
                                                   clock::SteadyTime deadline);

 private:
  StepMoment MomentFor(clock::SteadyTime deadline) const;

  RateLimitStore& store_;
  const AnchoredClock clock_;
  const Options options_;
};

}  // namespace tokenforge::sessions
