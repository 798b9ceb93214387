#include "services/sessions/rate_limiter.h"

#include <algorithm>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::sessions {
namespace {

using StepTask = async::Task<absl::StatusOr<StepResult>>;
using Way = StepTask (RateLimitStore::*)(const std::string&, const std::vector<BucketShare>&,
                                         StepMoment);

// What is asked of one partition, and what came of it.
struct Step {
  std::string partition;
  std::vector<BucketShare> shares;
  std::vector<size_t> places;  // of the shares in the request
  absl::StatusOr<StepResult> result;

  bool Gave() const { return result.ok() && result->allowed; }
};

std::vector<Step> ByPartition(std::vector<PartitionedShare> shares) {
  std::vector<Step> steps;
  for (size_t place = 0; place < shares.size(); ++place) {
    PartitionedShare& each = shares[place];
    auto step = std::find_if(steps.begin(), steps.end(),
                             [&](const Step& known) { return known.partition == each.partition; });
    if (step == steps.end()) {
      step = steps.insert(step, Step());
      step->partition = each.partition;
    }
    step->shares.push_back(std::move(each.share));
    step->places.push_back(place);
  }
  return steps;
}

// Steps under way; the last of them to end goes on.
class Round {
 public:
  using Finish = std::function<void(bool)>;
  Round(size_t steps, Finish finish) : finish_(std::move(finish)), left_(steps) {}

  void End(absl::StatusOr<StepResult> result, absl::StatusOr<StepResult>* into) {
    {
      const sync::MutexLock lock(&mutex_);
      *into = std::move(result);
      if (--left_ > 0) return;
    }
    finish_(true);  // resumes the caller: not under the lock
  }

 private:
  const Finish finish_;
  sync::Mutex mutex_;
  size_t left_ ABSL_GUARDED_BY(mutex_);
};

// Runs the steps side by side and leaves each its result.
async::Task<bool> RunAll(RateLimitStore& store, std::span<Step* const> steps, Way way,
                         StepMoment moment) {
  auto start = [&](auto resume) {
    const auto round = std::make_shared<Round>(steps.size(), std::move(resume));
    for (Step* step : steps) {
      async::Spawn((store.*way)(step->partition, step->shares, moment),
                   [round, step](std::exception_ptr fault, absl::StatusOr<StepResult> result) {
                     if (fault) {
                       result = errors::Make(errors::reasons::INTERNAL_FAULT,
                                             "a rate limit's step threw");
                     }
                     round->End(std::move(result), &step->result);
                   });
    }
  };
  auto all = async::Await<bool>(start);
  co_return co_await std::move(all);
}

std::vector<Step*> PointersTo(std::vector<Step>& steps, bool only_those_that_gave) {
  std::vector<Step*> pointers;
  for (Step& step : steps) {
    if (!only_those_that_gave || step.Gave()) pointers.push_back(&step);
  }
  return pointers;
}

// Undoes what the steps that gave have taken, once. What cannot be undone returns with time.
async::Task<bool> Return(RateLimitStore& store, std::vector<Step>& steps, StepMoment moment) {
  const std::vector<Step*> gave = PointersTo(steps, true);
  if (gave.empty()) co_return true;
  auto run = RunAll(store, gave, &RateLimitStore::GiveBack, moment);
  co_await std::move(run);
  for (const Step* step : gave) {
    if (step->result.ok()) continue;
    telemetry::Log(telemetry::Level::kWarning,
                   "tokens could not be given back after another bucket refused",
                   {{"buckets", static_cast<std::int64_t>(step->shares.size())}});
  }
  co_return true;
}

// The first error, or all levels at their places.
absl::StatusOr<StepResult> Joined(const std::vector<Step>& steps) {
  StepResult joined;
  for (const Step& step : steps) {
    if (!step.result.ok()) return step.result.status();
    joined.allowed = joined.allowed && step.result->allowed;
    joined.retry_after = std::max(joined.retry_after, step.result->retry_after);
    joined.levels.resize(std::max(joined.levels.size(), step.places.back() + 1));
    for (size_t i = 0; i < step.places.size(); ++i) {
      joined.levels[step.places[i]] = step.result->levels[i];
    }
  }
  return joined;
}

void CountRefusals(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    if (!step.result.ok() || step.result->allowed) continue;
    for (size_t i = 0; i < step.shares.size(); ++i) {
      const bool refused = step.result->levels[i].remaining < step.shares[i].tokens;
      if (refused) CountRateLimited(step.shares[i].policy);
    }
  }
}

}  // namespace

void CountRateLimited(std::string_view policy) {
  static const telemetry::CounterFamily family(
      "tokenforge_rate_limited_total", "Attempts refused because there were too many", {"policy"});
  family.With({policy}).Increment();
}

StepMoment RateLimiter::MomentFor(clock::SteadyTime deadline) const {
  return {clock_.Now(),
          std::min(deadline, std::chrono::steady_clock::now() + options_.store_timeout)};
}

async::Task<absl::StatusOr<StepResult>> RateLimiter::Take(std::vector<PartitionedShare> shares,
                                                          clock::SteadyTime deadline) {
  std::vector<Step> steps = ByPartition(std::move(shares));
  const std::vector<Step*> all = PointersTo(steps, false);
  auto run = RunAll(store_, all, &RateLimitStore::Take, MomentFor(deadline));
  co_await std::move(run);
  CountRefusals(steps);
  absl::StatusOr<StepResult> taken = Joined(steps);
  if (taken.ok() && taken->allowed) co_return taken;
  // The caller's deadline may be over: what was taken goes back all the same.
  auto undo = Return(store_, steps, MomentFor(clock::SteadyTime::max()));
  co_await std::move(undo);
  if (!taken.ok()) co_return taken;
  const Span retry_after = taken->retry_after;
  absl::StatusOr<StepResult> after = Joined(steps);
  if (after.ok()) taken = std::move(after);
  taken->allowed = false;
  taken->retry_after = retry_after;
  co_return taken;
}

async::Task<absl::StatusOr<StepResult>> RateLimiter::GiveBack(std::vector<PartitionedShare> shares,
                                                              clock::SteadyTime deadline) {
  std::vector<Step> steps = ByPartition(std::move(shares));
  const std::vector<Step*> all = PointersTo(steps, false);
  auto run = RunAll(store_, all, &RateLimitStore::GiveBack, MomentFor(deadline));
  co_await std::move(run);
  co_return Joined(steps);
}

}  // namespace tokenforge::sessions
