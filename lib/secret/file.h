// Secrets come from files only (contract, section 8): never from flags or the environment, which
// other processes and crash reports can see.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::secret {

inline constexpr std::size_t kSecretFileLimit = 1 << 20;

// The file's bytes, exactly. Blocks; for use at start.
//
// Refuses, with a message that names the file and says what to do: a file that is missing
// (NOT_FOUND) or not readable (PERMISSION_DENIED), one that others than its owner and group may
// read or change (mode & 0007, FAILED_PRECONDITION), anything but a regular file, an empty one, and
// one over `limit` bytes (INVALID_ARGUMENT).
absl::StatusOr<Secret> ReadFile(const std::string& path, std::size_t limit = kSecretFileLimit);

// The same without one trailing line end (LF or CR LF), which editors add to passwords and
// hexadecimal keys. A file that holds nothing else is refused as empty.
absl::StatusOr<Secret> ReadLine(const std::string& path, std::size_t limit = kSecretFileLimit);

}  // namespace tokenforge::secret
