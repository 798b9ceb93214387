// The file that holds the keys of refresh tokens. Blocks; for use at start.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::sessions {

// One key a line: a name for people, a blank, and base64 of 32 random bytes:
//
//   2027-01 FvhZr0l0T2…=        printf '%s %s\n' 2027-01 "$(openssl rand -base64 32)"
//
// The first signs, all verify. To change keys put a new one on top; drop the old one after the
// absolute life of a session (30 days), or at once to end every session whose token it made. Empty
// lines, and those that begin with #, are skipped.
//
// INVALID_FIELD with every line that will not do, by its number: no line and no key is quoted.
absl::StatusOr<std::vector<secret::Secret>> ReadRefreshKeys(const std::string& path);

}  // namespace tokenforge::sessions
