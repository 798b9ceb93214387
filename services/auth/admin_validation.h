// What an administrator's request about signing keys must look like. As in validation.h: every
// fault at once, INVALID_ARGUMENT INVALID_FIELD; pure functions, thread-safe.
#pragma once

#include "absl/status/status.h"

namespace tokenforge::auth {

namespace v1 {
class ListSigningKeysRequest;
class RotateSigningKeyRequest;
class RevokeSigningKeyRequest;
class RevokeAllSigningKeysRequest;
}  // namespace v1

// page_size: not negative. page_token: at most 1024 bytes.
absl::Status Validate(const v1::ListSigningKeysRequest& request);

// reason: at most 200 characters without control characters, here and below.
absl::Status Validate(const v1::RotateSigningKeyRequest& request);

// kid: base64url, 1 to 64 characters.
absl::Status Validate(const v1::RevokeSigningKeyRequest& request);

absl::Status Validate(const v1::RevokeAllSigningKeysRequest& request);

}  // namespace tokenforge::auth
