#include "cli/confirmation.h"

#include <unistd.h>

#include <istream>
#include <ostream>

namespace tokenforge::cli {

absl::Status Confirm(bool yes, const std::string& question, const Invocation& call) {
  if (yes) return absl::OkStatus();
  if (::isatty(STDIN_FILENO) == 0) {
    return UsageError(question + "\nThere is no terminal to ask at: say --yes if it is so.");
  }
  call.err << question << " Type yes to go on: " << std::flush;
  std::string answer;
  if (std::getline(call.in, answer) && answer == "yes") return absl::OkStatus();
  return absl::CancelledError("nothing was changed");
}

}  // namespace tokenforge::cli
