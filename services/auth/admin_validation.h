// What an administrator's request must look like. As in validation.h: every
// fault at once, INVALID_ARGUMENT INVALID_FIELD; pure functions, thread-safe.
#pragma once

#include "absl/status/status.h"

namespace tokenforge::auth {

namespace v1 {
class GetUserRequest;
class ListUsersRequest;
class DisableUserRequest;
class EnableUserRequest;
class UnlockUserRequest;
class DeleteUserRequest;
class ListUserSessionsRequest;
class RevokeUserSessionsRequest;
class UpdateProfileRequest;
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

// user_admin_validation.cc: one of user_id and email. user_id: a lower-case UUID, here and below.
absl::Status Validate(const v1::GetUserRequest& request);
// page_size, page_token: as above. email_prefix: at most 254 visible ASCII characters.
absl::Status Validate(const v1::ListUsersRequest& request);
absl::Status Validate(const v1::DisableUserRequest& request);
absl::Status Validate(const v1::EnableUserRequest& request);
absl::Status Validate(const v1::UnlockUserRequest& request);
absl::Status Validate(const v1::DeleteUserRequest& request);
absl::Status Validate(const v1::ListUserSessionsRequest& request);
absl::Status Validate(const v1::RevokeUserSessionsRequest& request);

// A person's own: the mask names one or both of given_name and family_name, which are at most 100
// characters without control characters.
absl::Status Validate(const v1::UpdateProfileRequest& request);

}  // namespace tokenforge::auth
