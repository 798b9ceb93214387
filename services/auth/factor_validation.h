// What a request about a second factor must look like before anything is asked of another service;
// see validation.h.
#pragma once

#include "absl/status/status.h"

namespace tokenforge::auth {

namespace v1 {
class CompleteLoginRequest;
class ConfirmTotpRequest;
class DisableTotpRequest;
}  // namespace v1

// A challenge, and exactly one code: six digits, or a recovery code of at most 64 bytes.
absl::Status Validate(const v1::CompleteLoginRequest& request);

// Six digits.
absl::Status Validate(const v1::ConfirmTotpRequest& request);

// A password of at most 4096 bytes.
absl::Status Validate(const v1::DisableTotpRequest& request);

}  // namespace tokenforge::auth
