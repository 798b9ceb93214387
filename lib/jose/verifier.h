// Verifies access tokens: RFC 7515 compact form, RFC 8725, RFC 9068. Every byte is hostile until
// its signature holds.
//
// The order: size, three parts of strict base64url, header (algorithm on the allow-list, `kid`,
// `typ`), key by `kid` alone, the header's algorithm against the key's, signature; only then are
// the claims parsed and issuer, audience, `exp` and `nbf` checked. Keys and time are arguments:
// nothing here fetches, waits, locks, throws or reads a clock.
//
// Immutable and thread-safe. About 1 µs beside the arithmetic of the signature.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "absl/status/statusor.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/policy.h"
#include "lib/jose/refusal.h"
#include "lib/jose/verified_token.h"

namespace tokenforge::jose {

class Verifier {
 public:
  using Checked = std::variant<VerifiedToken, Refusal>;

  explicit Verifier(ValidationPolicy policy) : policy_(std::move(policy)) {}

  // The token, or why not; a refusal costs no allocation of an error. For guards, which count and
  // cache refusals.
  Checked Check(std::string_view token, const JwkSet& keys, std::chrono::sys_seconds now) const;

  // The same as a status: UNAUTHENTICATED with TOKEN_MALFORMED, TOKEN_WRONG_TYPE,
  // TOKEN_UNKNOWN_KEY, TOKEN_BAD_SIGNATURE, TOKEN_WRONG_ISSUER, TOKEN_WRONG_AUDIENCE, TOKEN_EXPIRED
  // or TOKEN_NOT_YET_VALID.
  absl::StatusOr<VerifiedToken> Verify(std::string_view token, const JwkSet& keys,
                                       std::chrono::sys_seconds now) const;

  // Whether the times of a token, verified earlier, hold now: kExpired, kNotYetValid or nothing.
  // `exp` passes when now ≥ exp + leeway.
  std::optional<Refusal> CheckTimes(const VerifiedToken& token,
                                    std::chrono::sys_seconds now) const {
    return CheckTimes(token.claims_, now);
  }

  const ValidationPolicy& policy() const { return policy_; }

 private:
  std::optional<Refusal> CheckClaims(const Claims& claims, std::chrono::sys_seconds now) const;
  std::optional<Refusal> CheckTimes(const Claims& claims, std::chrono::sys_seconds now) const;

  ValidationPolicy policy_;
};

}  // namespace tokenforge::jose
