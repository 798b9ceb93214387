// Asking before something that cannot be undone.
//
// Blocks; used by one thread.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "cli/command.h"

namespace tokenforge::cli {

// OK when `yes` (of --yes), or when the person at the terminal types "yes". kUsage where there is
// no terminal to ask at, naming --yes; kFailed, nothing changed, for any other answer.
absl::Status Confirm(bool yes, const std::string& question, const Invocation& call);

}  // namespace tokenforge::cli
