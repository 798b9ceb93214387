// RateLimitStore: where buckets and streaks are kept. Each operation is one atomic step.
//
// Contract, which one test suite checks on every body (Redis, memory):
//  - A step is about the buckets of one partition, and takes from all of them or from none.
//  - What is not stored is full: a bucket that nobody takes from costs nothing.
//  - Time is the lesser of what the store's clock and the caller's vouch for (two_clocks.h).
//  - Subjects are not kept, only a hash of them.
//  - An error says nothing of what happened: the step may have been done, or not. A step must not
//  be
//    repeated to find out (sessions.proto, TakeTokens). An error never allows anything.
// Threading: all methods may be called from any thread; coroutines go on where the store answers.
// The store outlives its tasks. Arguments that are references must live until the task ends.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/sessions/account_lock.h"
#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions {

// What to take from one bucket, or to give back. No bucket twice in a step.
struct BucketShare {
  std::string policy;  // its name: with partition and subject, whose bucket it is
  std::variant<TokenPolicy, LockPolicy> rule;
  std::string subject;
  std::int64_t tokens = 1;   // 1 to the burst; of a LockPolicy 1
  bool ends_streak = false;  // when given back to a LockPolicy: EndStreak instead of TakeBack
};

struct BucketLevel {
  std::int64_t limit = 0;
  std::int64_t remaining = 0;
  Span
      reset{};  // until full; of a lock: until it is over, or if there is none the streak forgotten
  friend bool operator==(const BucketLevel&, const BucketLevel&) = default;
};

struct StepResult {
  bool allowed = true;              // always true of giving back
  Span retry_after{};               // until all would be allowed; 0 if it was
  std::vector<BucketLevel> levels;  // after the step, in the order of the shares
  friend bool operator==(const StepResult&, const StepResult&) = default;
};

struct StepMoment {
  Span service;                // the service's clock (anchored_clock.h)
  clock::SteadyTime deadline;  // until when it is worth waiting
};

class RateLimitStore {
 public:
  virtual ~RateLimitStore() = default;
  virtual async::Task<absl::StatusOr<StepResult>> Take(const std::string& partition,
                                                       const std::vector<BucketShare>& shares,
                                                       StepMoment moment) = 0;
  virtual async::Task<absl::StatusOr<StepResult>> GiveBack(const std::string& partition,
                                                           const std::vector<BucketShare>& shares,
                                                           StepMoment moment) = 0;
};

}  // namespace tokenforge::sessions
