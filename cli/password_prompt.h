// Asks the person at the terminal for a secret, without showing it.
//
// Talks to the process's terminal (/dev/tty), never to standard input or output: those may be a
// pipe. Blocks. A signal that ends the process meanwhile leaves the terminal as it was.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::cli {

// Prints `question` and reads one line of at most 4096 bytes. FAILED_PRECONDITION without a
// terminal, or when the line ends by end of file.
absl::StatusOr<secret::Secret> AskSecret(const std::string& question);

// The same twice; INVALID_ARGUMENT when the two differ.
absl::StatusOr<secret::Secret> AskNewSecret(const std::string& question);

// From the first line of a file, or by asking when the path is empty.
absl::StatusOr<secret::Secret> SecretFrom(const std::string& path, const std::string& question);

}  // namespace tokenforge::cli
