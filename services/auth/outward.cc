#include "services/auth/outward.h"

#include <algorithm>
#include <chrono>

#include "lib/telemetry/log.h"

namespace tokenforge::auth {
namespace {

using errors::Reason;
namespace reasons = errors::reasons;
constexpr std::chrono::milliseconds kRetryAfter{500};

void LogFault(const absl::Status& status, std::string_view step) {
  const auto reason = errors::ReasonOf(status);
  const std::string message(status.message().data(), status.message().size());
  telemetry::Log(telemetry::Level::kError, "a service behind the façade gave an unexpected answer",
                 {{"step", step},
                  {"reason", reason ? errors::reasons::Reason_Name(*reason) : std::string("none")},
                  {"error", message}});
}

}  // namespace

absl::Status Outward(const absl::Status& status, std::string_view step,
                     std::initializer_list<Reason> handed_on) {
  if (status.ok()) return status;
  const Reason reason = errors::ReasonOf(status).value_or(reasons::INTERNAL_FAULT);
  if (std::find(handed_on.begin(), handed_on.end(), reason) != handed_on.end()) return status;
  switch (reason) {
    case reasons::DEPENDENCY_DOWN:
    case reasons::DRAINING:
      // The transport's own text names addresses of ours.
      return Unavailable("a service behind this one does not answer: try again");
    case reasons::CIRCUIT_OPEN:
    case reasons::OVERLOADED:
    case reasons::RATE_LIMITED:
    case reasons::NOT_BUILT:
      return status;
    case reasons::DEADLINE_PASSED:
      return errors::Make(reasons::DEADLINE_PASSED, "the call's time ran out: try again");
    default:
      LogFault(status, step);
      return errors::Make(reasons::INTERNAL_FAULT, "something went wrong in TokenForge");
  }
}

bool Is(const absl::Status& status, Reason reason) { return errors::ReasonOf(status) == reason; }

absl::Status Unavailable(std::string_view message) {
  return errors::MakeRetryable(reasons::DEPENDENCY_DOWN, message, kRetryAfter);
}

absl::Status SessionEnded() {
  return errors::Make(reasons::SESSION_ENDED, "the session has ended: log in again");
}

}  // namespace tokenforge::auth
