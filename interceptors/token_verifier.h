// TokenVerifier: from the text of an access token to what it proves, or to the exact reason why it
// proves nothing.
//
// A token that is seen again costs a look-up instead of a signature: everything that can change
// since then (time, revocations, trust in its key) is checked again each time. Refused tokens are
// not remembered.
//
// Thread-safe. Never blocks on anything but short locks. Fails closed: without keys nothing
// verifies.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/token_cache.h"
#include "interceptors/trust_state.h"
#include "interceptors/unknown_keys.h"
#include "lib/jose/verifier.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::internal {

class TokenVerifier {
 public:
  using Claims = std::shared_ptr<const VerifiedClaims>;

  // `policy` accepts every audience that any rule does; which of them one method accepts is the
  // gate's to say. `unknown_key` is called, on the verifying thread, when a token's `kid` is not
  // among the keys and it is worth asking for them (unknown_keys.h).
  TokenVerifier(jose::ValidationPolicy policy, std::size_t cached_tokens,
                std::shared_ptr<Trust> trust, std::function<void()> unknown_key);

  // UNAUTHENTICATED TOKEN_…, with the guard's one text; UNAVAILABLE TRUST_STALE while there are no
  // keys.
  absl::StatusOr<Claims> Verify(std::string_view token);

  std::chrono::nanoseconds TrustAge() const { return state_.Age(); }
  std::size_t cached_tokens() const { return cache_.size(); }

 private:
  bool Trusted(const VerifiedToken& token) const;
  absl::StatusOr<Claims> Recheck(std::shared_ptr<const VerifiedToken> token);
  absl::StatusOr<Claims> VerifyAnew(std::string_view token);
  void NoteUnknownKey(std::string_view token);

  const jose::Verifier verifier_;
  const std::shared_ptr<Trust> trust_;
  const TrustState& state_;
  const std::function<void()> unknown_key_;
  UnknownKeys unknown_keys_;
  TokenCache cache_;
};

}  // namespace tokenforge::internal
