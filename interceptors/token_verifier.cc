#include "interceptors/token_verifier.h"

#include <algorithm>
#include <map>
#include <utility>

#include "interceptors/refusal.h"
#include "lib/jose/header.h"
#include "lib/jose/unverified_issuer.h"
#include "lib/telemetry/metrics.h"

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
                                         "Access tokens looked up among those seen before",
                                         {"result"});
    hit = cache.With({"hit"});
    miss = cache.With({"miss"});
    rejected = cache.With({"rejected"});
  }
  telemetry::Counter verified, hit, miss, rejected;
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

// The refusals that stand behind a signature and do not change by themselves.
bool IsLasting(jose::Refusal refusal) {
  return refusal == jose::Refusal::kBadSignature || refusal == jose::Refusal::kExpired ||
         refusal == jose::Refusal::kWrongIssuer || refusal == jose::Refusal::kWrongAudience;
}

}  // namespace

struct TokenVerifier::Issuer {
  Issuer(const IssuerTrust& of, std::uint32_t at)
      : trusted(of), index(at), verifier(of.policy), state(of.trust->state()) {}

  bool IsStale(std::chrono::seconds bound) const {
    return bound.count() > 0 && state.Age() > bound;
  }

  const IssuerTrust& trusted;
  const std::uint32_t index;
  const jose::Verifier verifier;
  const TrustState& state;
  mutable UnknownKeys unknown_keys;
};

TokenVerifier::TokenVerifier(VerifierOptions options)
    : options_(std::move(options)), cache_(options_.cached_tokens) {
  for (const IssuerTrust& issuer : options_.issuers) {
    const auto index = static_cast<std::uint32_t>(issuers_.size());
    issuers_.push_back(std::make_unique<Issuer>(issuer, index));
  }
}

TokenVerifier::~TokenVerifier() = default;

absl::StatusOr<TokenVerifier::Token> TokenVerifier::Verify(std::string_view token,
                                                           std::chrono::seconds max_stale) {
  Token known = cache_.Find(token);
  if (known == nullptr) {
    if (const auto verdict = KnownVerdict(token, max_stale)) return Refused(*verdict);
  }
  (known != nullptr ? Count().hit : Count().miss).Increment();
  absl::StatusOr<Token> verified =
      known != nullptr ? Recheck(std::move(known), max_stale) : VerifyAnew(token, max_stale);
  if (verified.ok()) Count().verified.Increment();
  return verified;
}

bool TokenVerifier::IsMeant(const VerifiedToken& token, const std::string& rule_audience) const {
  const IssuerTrust& issuer = issuers_[token.issuer]->trusted;
  const auto holds = [](const std::vector<std::string>& values, const std::string& wanted) {
    return std::find(values.begin(), values.end(), wanted) != values.end();
  };
  if (!rule_audience.empty()) {
    return holds(token.claims.audiences, rule_audience) &&
           (issuer.any_rule_audience || holds(issuer.audiences, rule_audience));
  }
  return std::any_of(token.claims.audiences.begin(), token.claims.audiences.end(),
                     [&](const std::string& one) { return holds(issuer.audiences, one); });
}

clock::WallTime TokenVerifier::EndOf(const VerifiedToken& token) const {
  return token.claims.expire_time + issuers_[token.issuer]->verifier.policy().leeway();
}

std::chrono::nanoseconds TokenVerifier::TrustAge(const VerifiedToken& token) const {
  return issuers_[token.issuer]->state.Age();
}

const clock::Clock& TokenVerifier::clock() const { return issuers_.front()->state.clock(); }

std::optional<errors::Reason> TokenVerifier::WhyNoLonger(const VerifiedToken& token) const {
  const Issuer& issuer = *issuers_[token.issuer];
  if (issuer.state.clock().Now() >= EndOf(token)) return reasons::TOKEN_EXPIRED;
  if (Trusted(token)) return std::nullopt;
  if (issuer.state.revocations().Matches(token.revocation_keys)) return reasons::TOKEN_REVOKED;
  return reasons::TOKEN_UNKNOWN_KEY;
}

bool TokenVerifier::Trusted(const VerifiedToken& token) const {
  const TrustState& state = issuers_[token.issuer]->state;
  // Read before the checks: what changes meanwhile is seen as a newer version next time.
  const std::uint64_t version = state.version();
  if (token.good_at.load(std::memory_order_relaxed) == version) return true;
  const std::shared_ptr<const jose::JwkSet> keys = state.keys();
  const jose::PublicKey* const key = keys->Find(token.claims.key_id);
  // Another key under the same kid did not sign this token.
  if (key == nullptr || key->jwk() != token.key) return false;
  if (state.revocations().Matches(token.revocation_keys)) return false;
  token.good_at.store(version, std::memory_order_relaxed);
  return true;
}

absl::StatusOr<TokenVerifier::Token> TokenVerifier::Recheck(Token token,
                                                            std::chrono::seconds max_stale) {
  const Issuer& issuer = *issuers_[token->issuer];
  if (issuer.IsStale(max_stale)) return Refused(reasons::TRUST_STALE);
  const clock::WallTime now = issuer.state.clock().Now();
  const std::chrono::seconds leeway = issuer.verifier.policy().leeway();
  const bool expired = now >= token->claims.expire_time + leeway;
  if (!expired && now >= token->claims.not_before_time - leeway && Trusted(*token)) {
    return token;
  }
  // Rare, so the exact reason is found the slow way; and the slot is free for others.
  const std::string text = token->token;
  cache_.Erase(*token);
  return VerifyAnew(text, max_stale);
}

// With one issuer all tokens are judged by its keys: a foreign `iss` is found out behind the
// signature. With several the claim chooses, and the verifier of the chosen one checks it again.
const TokenVerifier::Issuer* TokenVerifier::IssuerOf(std::string_view token) const {
  if (issuers_.size() == 1) return issuers_.front().get();
  const std::optional<std::string> name = jose::UnverifiedIssuer(token);
  if (!name) return issuers_.front().get();  // malformed: it says how
  for (const auto& issuer : issuers_) {
    if (issuer->trusted.policy.issuer() == *name) return issuer.get();
  }
  return nullptr;
}

absl::StatusOr<TokenVerifier::Token> TokenVerifier::VerifyAnew(std::string_view token,
                                                               std::chrono::seconds max_stale) {
  const Issuer* const issuer = IssuerOf(token);
  if (issuer == nullptr) return Refused(reasons::TOKEN_WRONG_ISSUER);
  const TrustState& state = issuer->state;
  // Versions are read before what they count: a verdict never outlives what it was made of.
  Verdict verdict{{}, issuer->index, false, state.keys_version(), state.clock().Now()};
  const std::uint64_t version = state.version();
  const std::shared_ptr<const jose::JwkSet> keys = state.keys();
  if (keys == nullptr || issuer->IsStale(max_stale)) return Refused(reasons::TRUST_STALE);
  const auto now = std::chrono::floor<std::chrono::seconds>(verdict.since);
  jose::Verifier::Checked checked = issuer->verifier.Check(token, *keys, now);
  if (const auto* refusal = std::get_if<jose::Refusal>(&checked)) {
    if (*refusal == jose::Refusal::kUnknownKey) NoteUnknownKey(*issuer, token);
    verdict.reason = jose::ReasonOf(*refusal);
    return Refused(IsLasting(*refusal) ? Remember(token, verdict) : verdict.reason);
  }
  const auto& good = std::get<jose::VerifiedToken>(checked);
  auto verified = std::make_shared<const VerifiedToken>(
      std::string(token), ClaimsOf(good), keys->Find(good.kid())->jwk(), issuer->index);
  if (!Trusted(*verified)) {
    return Refused(
        Remember(token, {reasons::TOKEN_REVOKED, issuer->index, true, version, verdict.since}));
  }
  cache_.Insert(verified, EndOf(*verified), verdict.since);
  return verified;
}

std::optional<errors::Reason> TokenVerifier::KnownVerdict(std::string_view token,
                                                          std::chrono::seconds max_stale) {
  const std::optional<Verdict> verdict = rejected_.Find(token);
  if (!verdict) return std::nullopt;
  const Issuer& issuer = *issuers_[verdict->issuer];
  const TrustState& state = issuer.state;
  const auto now = verdict->until_any_change ? state.version() : state.keys_version();
  if (now != verdict->version || state.clock().Now() < verdict->since) return std::nullopt;
  if (issuer.IsStale(max_stale)) return reasons::TRUST_STALE;
  Count().rejected.Increment();
  return verdict->reason;
}

errors::Reason TokenVerifier::Remember(std::string_view token, Verdict verdict) {
  if (cache_.capacity() > 0) rejected_.Insert(token, verdict);
  return verdict.reason;
}

void TokenVerifier::NoteUnknownKey(const Issuer& issuer, std::string_view token) const {
  const clock::SteadyTime now = issuer.state.clock().SteadyNow();
  if (!issuer.trusted.look_up || !issuer.unknown_keys.Ready(now)) return;
  const std::optional<jose::Header> header = jose::ParseHeader(token.substr(0, token.find('.')));
  if (header && issuer.unknown_keys.LookUp(header->kid, issuer.state.keys_version(), now)) {
    issuer.trusted.look_up();
  }
}

}  // namespace tokenforge::internal
