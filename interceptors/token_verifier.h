// TokenVerifier: from the text of an access token to what it proves, or to the exact reason why it
// proves nothing.
//
// A token that is seen again costs a look-up instead of a signature: everything that can change
// since then (time, revocations, trust in its key) is checked again each time. Refused ones are
// remembered apart (rejected_tokens.h). With several issuers a token's `iss` chooses whose keys it
// is verified with, exactly; no other issuer's keys are ever tried.
//
// Thread-safe. Never blocks on anything but short locks. Fails closed: without keys nothing
// verifies, and knowledge that is too old refuses everything.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "interceptors/rejected_tokens.h"
#include "interceptors/token_cache.h"
#include "interceptors/trust_state.h"
#include "interceptors/unknown_keys.h"
#include "lib/jose/verifier.h"

namespace tokenforge::internal {

// One issuer, and what is known of it.
struct IssuerTrust {
  jose::ValidationPolicy policy;       // accepts each audience that any rule may ask of it
  std::vector<std::string> audiences;  // those accepted where a rule names none
  std::shared_ptr<Trust> trust;
  std::function<void()> look_up;  // asks for newer keys: called when that is worth it, any thread
  bool any_rule_audience = true;  // a rule may name others than `audiences`
};

struct VerifierOptions {
  std::vector<IssuerTrust> issuers;  // at least one, each with another `iss`
  std::size_t cached_tokens = 0;     // 0: remember none, bad ones neither
};

class TokenVerifier {
 public:
  using Token = std::shared_ptr<const VerifiedToken>;

  explicit TokenVerifier(VerifierOptions options);
  ~TokenVerifier();

  // UNAUTHENTICATED TOKEN_…, with the guard's one text; UNAVAILABLE TRUST_STALE while there are no
  // keys, or what is known of the issuer is older than `max_stale` (0: never too old): a revoked
  // key or token might still look good. Which audience one method accepts is IsMeant's to say.
  absl::StatusOr<Token> Verify(std::string_view token, std::chrono::seconds max_stale);

  // Whether a verified token is meant for a rule with this audience, or with none.
  bool IsMeant(const VerifiedToken& token, const std::string& rule_audience) const;

  // Why a token that was good is so no longer; nothing while it is.
  std::optional<errors::Reason> WhyNoLonger(const VerifiedToken& token) const;
  // From then on a token has expired, leeway included.
  clock::WallTime EndOf(const VerifiedToken& token) const;

  std::chrono::nanoseconds TrustAge(const VerifiedToken& token) const;
  const clock::Clock& clock() const;
  const std::vector<IssuerTrust>& issuers() const { return options_.issuers; }
  std::size_t cached_tokens() const { return cache_.size(); }

 private:
  struct Issuer;
  const Issuer* IssuerOf(std::string_view token) const;
  bool Trusted(const VerifiedToken& token) const;
  absl::StatusOr<Token> Recheck(Token token, std::chrono::seconds max_stale);
  absl::StatusOr<Token> VerifyAnew(std::string_view token, std::chrono::seconds max_stale);
  std::optional<errors::Reason> KnownVerdict(std::string_view token,
                                             std::chrono::seconds max_stale);
  errors::Reason Remember(std::string_view token, Verdict verdict);
  void NoteUnknownKey(const Issuer& issuer, std::string_view token) const;

  const VerifierOptions options_;
  std::vector<std::unique_ptr<Issuer>> issuers_;
  TokenCache cache_;
  RejectedTokens rejected_;
};

}  // namespace tokenforge::internal
