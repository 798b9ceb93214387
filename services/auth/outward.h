// Outward: what a caller of the façade may learn from an error of a service behind it.
//
// Why: an internal reason can be a leak (NOT_FOUND tells that an account is gone) or a riddle
// (PEER_NOT_ALLOWED between two of our own services is our fault, not the caller's). So each step
// of a flow names the reasons that it hands on; whatever is worth trying again passes always, in
// the façade's words; all else is logged and becomes INTERNAL_FAULT. Thread-safe.
#pragma once

#include <initializer_list>
#include <string_view>

#include "absl/status/status.h"
#include "lib/errors/errors.h"

namespace tokenforge::auth {

// `step` says what was being done, for the log: "users.VerifyPassword".
absl::Status Outward(const absl::Status& status, std::string_view step,
                     std::initializer_list<errors::Reason> handed_on = {});

// Whether the error carries this reason.
bool Is(const absl::Status& status, errors::Reason reason);

// UNAVAILABLE DEPENDENCY_DOWN with RetryInfo.
absl::Status Unavailable(std::string_view message);

// UNAUTHENTICATED SESSION_ENDED, in one wording whatever ended it.
absl::Status SessionEnded();

}  // namespace tokenforge::auth
