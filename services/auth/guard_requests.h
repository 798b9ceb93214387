// What a guard may say on its stream of the trust feed.
//
// Every fault at once: INVALID_ARGUMENT INVALID_FIELD. Pure functions, thread-safe.
#pragma once

#include <cstdint>

#include "absl/status/status.h"

namespace tokenforge::auth {

namespace v1 {
class WatchTrustRequest;
}

// The first message: `open`, its cursor and guard_id at most 128 and its audience at most 256
// characters of printable ASCII; each may be empty.
absl::Status ValidateFirst(const v1::WatchTrustRequest& request);

// Any later one: `applied_version`, of a state that this stream has sent.
absl::Status ValidateLater(const v1::WatchTrustRequest& request, std::uint64_t sent_version);

}  // namespace tokenforge::auth
