#include "interceptors/token_verifier.h"

#include <map>
#include <utility>

#include "interceptors/refusal.h"
#include "lib/jose/header.h"

namespace tokenforge::internal {
namespace {

namespace reasons = errors::reasons;

constexpr errors::Reason kCounted[] = {reasons::TOKEN_MALFORMED,      reasons::TOKEN_EXPIRED,
                                       reasons::TOKEN_NOT_YET_VALID,  reasons::TOKEN_WRONG_ISSUER,
                                       reasons::TOKEN_WRONG_AUDIENCE, reasons::TOKEN_WRONG_TYPE,
                                       reasons::TOKEN_BAD_SIGNATURE,  reasons::TOKEN_UNKNOWN_KEY,
                                       reasons::TOKEN_REVOKED,        reasons::TRUST_STALE};

// Handles of the counters, found once: With takes a lock.
struct Counters {
  Counters() {
    const telemetry::CounterFamily verifications("tokenforge_token_verifications_total",
                                                 "Access tokens checked, by outcome", {"result"});
    verified = verifications.With({"OK"});
    for (const errors::Reason reason : kCounted) {
      refused[reason] = verifications.With({errors::v1::Reason_Name(reason)});
    }
    const telemetry::CounterFamily cache("tokenforge_token_cache_total",
                                         "Access tokens looked up among the verified ones",
                                         {"result"});
    hit = cache.With({"hit"});
    miss = cache.With({"miss"});
  }
  telemetry::Counter verified, hit, miss;
  std::map<errors::Reason, telemetry::Counter> refused;
};

const Counters& Count() {
  static const Counters* const counters = new Counters;
  return *counters;
}

absl::Status Refused(errors::Reason reason) {
  const auto counter = Count().refused.find(reason);
  if (counter != Count().refused.end()) counter->second.Increment();
  return Refusal(reason);
}

std::vector<std::string> Strings(jose::VerifiedToken::Names names) {
  return {names.begin(), names.end()};
}

VerifiedClaims ClaimsOf(const jose::VerifiedToken& token) {
  const auto time = [](std::optional<jose::VerifiedToken::Time> from) {
    return from ? Caller::Time(*from) : Caller::Time();
  };
  VerifiedClaims claims;
  claims.subject = token.subject();
  claims.session_id = token.session_id();
  claims.token_id = token.token_id();
  claims.client_id = token.client_id();
  claims.email = token.email();
  claims.issuer = token.issuer();
  claims.key_id = token.kid();
  claims.audiences = Strings(token.audiences());
  claims.roles = Strings(token.roles());
  claims.scopes = Strings(token.scopes());
  claims.authentication_methods = Strings(token.amr());
  claims.issue_time = token.issue_time();
  claims.not_before_time = time(token.not_before());
  claims.expire_time = token.expire_time();
  claims.authentication_time = time(token.auth_time());
  return claims;
}

// Whoever holds the claims holds the cache's entry: one object, one count.
TokenVerifier::Claims ClaimsIn(std::shared_ptr<const VerifiedToken> token) {
  const VerifiedClaims* const claims = &token->claims;
  return {std::move(token), claims};
}

}  // namespace

TokenVerifier::TokenVerifier(jose::ValidationPolicy policy, std::size_t cached_tokens,
                             std::shared_ptr<Trust> trust, std::function<void()> unknown_key)
    : verifier_(std::move(policy)),
      trust_(std::move(trust)),
      state_(trust_->state()),
      unknown_key_(std::move(unknown_key)),
      cache_(cached_tokens) {}

absl::StatusOr<TokenVerifier::Claims> TokenVerifier::Verify(std::string_view token) {
  std::shared_ptr<const VerifiedToken> known = cache_.Find(token);
  (known != nullptr ? Count().hit : Count().miss).Increment();
  absl::StatusOr<Claims> claims = known != nullptr ? Recheck(std::move(known)) : VerifyAnew(token);
  if (claims.ok()) Count().verified.Increment();
  return claims;
}

bool TokenVerifier::Trusted(const VerifiedToken& token) const {
  // Read before the checks: what changes meanwhile is seen as a newer version next time.
  const std::uint64_t version = state_.version();
  if (token.good_at.load(std::memory_order_relaxed) == version) return true;
  const std::shared_ptr<const jose::JwkSet> keys = state_.keys();
  const jose::PublicKey* const key = keys->Find(token.claims.key_id);
  // Another key under the same kid did not sign this token.
  if (key == nullptr || key->jwk() != token.key) return false;
  if (state_.revocations().Matches(token.revocation_keys)) return false;
  token.good_at.store(version, std::memory_order_relaxed);
  return true;
}

absl::StatusOr<TokenVerifier::Claims> TokenVerifier::Recheck(
    std::shared_ptr<const VerifiedToken> token) {
  const clock::WallTime now = state_.clock().Now();
  const std::chrono::seconds leeway = verifier_.policy().leeway();
  const bool expired = now >= token->claims.expire_time + leeway;
  if (!expired && now >= token->claims.not_before_time - leeway && Trusted(*token)) {
    return ClaimsIn(std::move(token));
  }
  // Rare, so the exact reason is found the slow way; and the slot is free for others.
  const std::string text = token->token;
  cache_.Erase(*token);
  return VerifyAnew(text);
}

absl::StatusOr<TokenVerifier::Claims> TokenVerifier::VerifyAnew(std::string_view token) {
  const std::shared_ptr<const jose::JwkSet> keys = state_.keys();
  if (keys == nullptr) return Refused(reasons::TRUST_STALE);
  const auto now = std::chrono::floor<std::chrono::seconds>(state_.clock().Now());
  jose::Verifier::Checked checked = verifier_.Check(token, *keys, now);
  if (const auto* refusal = std::get_if<jose::Refusal>(&checked)) {
    if (*refusal == jose::Refusal::kUnknownKey) NoteUnknownKey(token);
    return Refused(jose::ReasonOf(*refusal));
  }
  const auto& good = std::get<jose::VerifiedToken>(checked);
  auto verified = std::make_shared<const VerifiedToken>(std::string(token), ClaimsOf(good),
                                                        keys->Find(good.kid())->jwk());
  if (!Trusted(*verified)) return Refused(reasons::TOKEN_REVOKED);
  cache_.Insert(verified);
  return ClaimsIn(std::move(verified));
}

void TokenVerifier::NoteUnknownKey(std::string_view token) {
  const clock::SteadyTime now = state_.clock().SteadyNow();
  if (!unknown_key_ || !unknown_keys_.Ready(now)) return;
  const std::optional<jose::Header> header = jose::ParseHeader(token.substr(0, token.find('.')));
  if (header && unknown_keys_.LookUp(header->kid, state_.keys_version(), now)) unknown_key_();
}

}  // namespace tokenforge::internal
