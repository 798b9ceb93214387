// What a request of the façade must look like before anything is asked of another service.
//
// Each function lists every fault of its request at once: INVALID_ARGUMENT INVALID_FIELD, or
// WEAK_PASSWORD when the only thing wrong is the strength of a new password. The services behind
// check again what they store; these checks exist so that a bad request costs one round trip and
// names all its faults together. Pure functions, thread-safe.
#pragma once

#include "absl/status/status.h"

namespace tokenforge::auth {

namespace v1 {
class RegisterRequest;
class LoginRequest;
class RefreshRequest;
class ListSessionsRequest;
class RevokeSessionRequest;
class ChangePasswordRequest;
class ResetPasswordRequest;
class VerifyEmailRequest;
}  // namespace v1

// email: lib/email/canonical_email.h. password: 8 code points to 1024 bytes, no NUL; what the
// users service wants beyond that (its hash may read less, and it knows which are easy to guess) it
// says itself. Names: at most 100 code points, no control characters. device: its texts at
// most 100 and 400 code points without control characters, its address a textual IPv4 or IPv6 one.
absl::Status Validate(const v1::RegisterRequest& request);

// Only what cannot be a login at all: no email (the same rule for all, so that it tells nothing of
// who has an account), no password, or one of over 4096 bytes. Whether they fit is not told here.
absl::Status Validate(const v1::LoginRequest& request);

absl::Status Validate(const v1::RefreshRequest& request);
absl::Status Validate(const v1::ListSessionsRequest& request);
absl::Status Validate(const v1::RevokeSessionRequest& request);

// The present password as Login's, the new one as Register's.
absl::Status Validate(const v1::ChangePasswordRequest& request);
// token: not empty, at most 256 bytes. Whether it is a token at all is told with the rest.
absl::Status Validate(const v1::ResetPasswordRequest& request);
absl::Status Validate(const v1::VerifyEmailRequest& request);

}  // namespace tokenforge::auth
