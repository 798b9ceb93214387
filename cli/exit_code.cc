#include "cli/exit_code.h"

#include <optional>
#include <string>

#include "absl/strings/cord.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

namespace reasons = errors::reasons;
constexpr char kPayload[] = "tokenforge.cli/exit-code";

// Wrong passwords, codes and challenges are UNAUTHENTICATED too, and logging in is what failed.
bool IsOfALogin(const absl::Status& error) {
  const auto reason = errors::ReasonOf(error);
  return reason != reasons::INVALID_CREDENTIALS && reason != reasons::CODE_INVALID &&
         reason != reasons::CHALLENGE_INVALID;
}

}  // namespace

ExitCode ExitCodeOf(const absl::Status& error) {
  if (error.ok()) return ExitCode::kDone;
  if (const auto given = error.GetPayload(kPayload)) {
    return static_cast<ExitCode>(std::string(*given).front() - '0');
  }
  if (absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error)) return ExitCode::kUnreachable;
  if (absl::IsUnauthenticated(error) && IsOfALogin(error)) return ExitCode::kNotLoggedIn;
  return ExitCode::kFailed;
}

absl::Status WithExitCode(absl::Status error, ExitCode code) {
  const char digit = static_cast<char>('0' + static_cast<int>(code));
  error.SetPayload(kPayload, absl::Cord(std::string(1, digit)));
  return error;
}

absl::Status UsageError(std::string_view message) {
  return WithExitCode(absl::InvalidArgumentError(absl::string_view(message.data(), message.size())),
                      ExitCode::kUsage);
}

}  // namespace tokenforge::cli
