// What the guard tells a caller whom it does not let through.
//
// One text for each class of reasons: the exact reason is for programs and in the error details, as
// the contract asks; a text that explained more would only help somebody who is guessing.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "lib/errors/errors.h"

namespace tokenforge::internal {

absl::Status Refusal(errors::Reason reason);

// A call of a method that nobody serves: no rule names it. UNIMPLEMENTED, as gRPC says it.
absl::Status NotServed();

// The value of `www-authenticate` that goes with a refusal (RFC 6750 section 3), or empty: it is
// not about the caller.
std::string_view Challenge(const absl::Status& refusal);

}  // namespace tokenforge::internal
