// TokenVerdict: whether a guard would accept an access token, and exactly why not.
//
// The verdict is of the guard's own verifier (interceptors/token_verifier.h), over the keys and
// revocations that the façade gives to guards, or over a JWK Set from a file. Only the explanation
// is made here, from what the token says of itself. Pure but for the clock.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::cli {

struct TokenVerdict {
  bool accepted = false;
  std::string reason;  // "TOKEN_EXPIRED", …; empty when accepted
  std::string why;     // in words, with the values that differ
};

// `trust` as GetTrust answers it; without revocations, those that there may be are not known.
// kUsage: no issuer, no audience, or keys that cannot be used.
absl::StatusOr<TokenVerdict> Judge(std::string_view token, const auth::v1::TrustSnapshot& trust,
                                   const std::string& audience, const clock::Clock& clock);

}  // namespace tokenforge::cli
