// From the façade's request to the claims that are signed: every limit checked, every fault told at
// once.
//
// Pure; takes the time and the new token's ID as arguments. Knows neither gRPC nor the store.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "lib/jose/signer.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::keys {

struct TokenPolicy {
  std::string issuer;
  std::chrono::seconds access_ttl{15 * 60};  // the longest life, and the usual one
};

// `iat` and `nbf` are now, in whole seconds; `exp` follows from `ttl`. INVALID_FIELD, with paths
// such as "claims.aud[1]":
//  claims  must be there
//  sub     1 to 2048 bytes; sid empty or a canonical UUID; client_id a SPIFFE ID
//  aud     1 to 16 of 1 to 256 bytes, no two alike; roles at most 64 of 1 to 64 bytes; amr at most
//  8 of 1 to 32 bytes scope   names with one blank between them (RFC 6749, section 3.3), at most
//  2048 bytes email   at most 320 bytes; auth_time a valid time that is not in the future ttl     1
//  s to access_ttl
// and for strings that are not UTF-8 or hold control characters.
absl::StatusOr<jose::AccessTokenClaims> ClaimsOf(const v1::SignTokenRequest& request,
                                                 const TokenPolicy& policy, clock::WallTime now,
                                                 std::string token_id);

}  // namespace tokenforge::keys
