// Writes and signs access tokens (RFC 9068). The encoded header is made once per key; claims are
// checked, so that whatever is signed here is something that the Verifier of this folder reads back
// the same.
//
// Immutable and thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/private_key.h"

namespace tokenforge::jose {

// Required but where it says otherwise; what is empty or absent is left out of the token, except
// `roles`.
struct AccessTokenClaims {
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;  // at least one
  std::chrono::sys_seconds issue_time;
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds expire_time;  // after issue_time
  std::string token_id;                  // jti
  std::string session_id;                // sid; optional
  std::string client_id;
  std::vector<std::string> roles;  // may be empty, and is written all the same
  std::string scope;  // optional; names with one space between them (RFC 6749, section 3.3)
  std::string email;  // optional
  std::optional<std::chrono::sys_seconds> auth_time;
  std::vector<std::string> amr;  // optional
};

class Signer {
 public:
  explicit Signer(PrivateKey key) : key_(std::move(key)) {}

  // The token, to be treated as the credential that it is.
  // INVALID_ARGUMENT INVALID_FIELD with every fault at once, fields named as claims ("sub", "aud"):
  // a required claim is missing; a string is not UTF-8 or holds control characters; a list element
  // is empty; times are out of order or out of range; `scope` is not a list; the token would be
  // over 8 KiB. INTERNAL when OpenSSL fails.
  absl::StatusOr<std::string> SignAccessToken(const AccessTokenClaims& claims) const;

  const PublicKey& public_key() const { return key_.public_key(); }
  const std::string& kid() const { return key_.kid(); }

 private:
  PrivateKey key_;
};

}  // namespace tokenforge::jose
