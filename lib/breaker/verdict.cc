#include "lib/breaker/verdict.h"

#include "lib/errors/errors.h"

namespace tokenforge::breaker {
namespace {

namespace reasons = errors::reasons;

bool WasTooShort(const CallTimes& times, std::chrono::milliseconds patience) {
  return times.end >= times.deadline && times.deadline - times.start < patience;
}

}  // namespace

Verdict VerdictOf(const absl::Status& status, const CallTimes& times,
                  std::chrono::milliseconds patience) {
  if (status.ok()) return {Verdict::kGood};
  const auto reason = errors::ReasonOf(status);
  if (reason == reasons::OVERLOADED || reason == reasons::DRAINING ||
      status.code() == absl::StatusCode::kCancelled) {
    return {Verdict::kNothing};
  }
  const bool failed = status.code() == absl::StatusCode::kUnavailable ||
                      status.code() == absl::StatusCode::kDeadlineExceeded;
  if (!failed) return {Verdict::kGood};
  if (WasTooShort(times, patience)) return {Verdict::kNothing};
  Verdict verdict{Verdict::kFailed};
  if (reason == reasons::CIRCUIT_OPEN) verdict.back_in = errors::RetryAfterOf(status);
  return verdict;
}

}  // namespace tokenforge::breaker
