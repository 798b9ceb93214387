#include "cli/token_verdict.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "cli/decoded_token.h"
#include "cli/exit_code.h"
#include "interceptors/token_verifier.h"
#include "interceptors/trust_mirror.h"
#include "interceptors/trust_state.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

namespace reasons = errors::reasons;
using auth::v1::Revocation;

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "nobody" : text;
}

std::string Span(std::int64_t seconds) {
  return config::FormatDuration(std::chrono::seconds(seconds));
}

bool Revokes(const Revocation& revocation, const DecodedToken& token) {
  switch (revocation.what_case()) {
    case Revocation::kJti:
      return revocation.jti() == token.claim("jti");
    case Revocation::kSessionId:
      return revocation.session_id() == token.claim("sid");
    case Revocation::kUserTokens:
      return revocation.user_tokens().user_id() == token.claim("sub");
    case Revocation::kKid:
      return revocation.kid() == token.header("kid");
    default:
      return false;
  }
}

std::string WhatWasRevoked(const Revocation& revocation) {
  switch (revocation.what_case()) {
    case Revocation::kJti:
      return "this very token (" + revocation.jti() + ") was revoked";
    case Revocation::kSessionId:
      return "its session " + revocation.session_id() + " has ended";
    case Revocation::kUserTokens:
      return "every token of its user " + revocation.user_tokens().user_id() + " was revoked";
    default:
      return "the key that signed it (" + revocation.kid() + ") was revoked";
  }
}

std::string WhyMalformed(std::string_view text, const DecodedToken& token) {
  if (!token.fault().empty()) return "it is no access token: " + token.fault();
  if (text.size() > jose::ValidationPolicy::kMostTokenBytes) {
    return "it has " + std::to_string(text.size()) + " bytes; guards read 8192 at most";
  }
  if (token.header("alg").empty() || token.header("kid").empty()) {
    return "its header does not say both `alg` and `kid`";
  }
  if (token.claim("sub").empty() || !token.number("exp")) {
    return "its claims do not hold both `sub` and `exp`";
  }
  return "its header or claims are not what RFC 9068 and RFC 8725 ask for (members twice, a member "
         "of another type, or `crit`)";
}

std::string WhyOfKey(errors::Reason reason, const DecodedToken& token, const jose::JwkSet& keys) {
  const std::string kid = token.header("kid");
  if (reason == reasons::TOKEN_UNKNOWN_KEY) {
    std::vector<std::string> known;
    for (const jose::PublicKey& key : keys.keys()) known.emplace_back(key.kid());
    return "its key " + kid + " is not trusted; these are: " + Joined(known);
  }
  return "its signature was not made by the key " + kid +
         " with that key's algorithm, or what it " + "says was changed since (its header says " +
         token.header("alg") + ")";
}

// What the explanation needs beside the token.
struct Facts {
  const auth::v1::TrustSnapshot& trust;
  const jose::JwkSet& keys;
  const std::string& audience;
  std::int64_t now;
};

std::string Explain(errors::Reason reason, std::string_view text, const DecodedToken& token,
                    const Facts& facts) {
  switch (reason) {
    case reasons::TOKEN_EXPIRED:
      return "it expired " + Span(facts.now - token.number("exp").value_or(facts.now)) +
             " ago; guards allow 30 s for clocks that differ";
    case reasons::TOKEN_NOT_YET_VALID:
      return "it is not valid before " + Span(token.number("nbf").value_or(facts.now) - facts.now) +
             " from now; is a clock wrong?";
    case reasons::TOKEN_WRONG_ISSUER:
      return "its issuer is " + token.claim("iss") + ", not " + facts.trust.issuer();
    case reasons::TOKEN_WRONG_AUDIENCE:
      return "it is for " + Joined(token.list("aud")) + ", not for " + facts.audience;
    case reasons::TOKEN_WRONG_TYPE:
      return "its `typ` is " + (token.header("typ").empty() ? "missing" : token.header("typ")) +
             " instead of at+jwt: it is no access token";
    case reasons::TOKEN_UNKNOWN_KEY:
    case reasons::TOKEN_BAD_SIGNATURE:
      return WhyOfKey(reason, token, facts.keys);
    case reasons::TOKEN_REVOKED:
      for (const Revocation& each : facts.trust.revocations()) {
        if (Revokes(each, token)) return WhatWasRevoked(each);
      }
      return "it was revoked";
    default:
      return WhyMalformed(text, token);
  }
}

}  // namespace

absl::StatusOr<TokenVerdict> Judge(std::string_view token, const auth::v1::TrustSnapshot& trust,
                                   const std::string& audience, const clock::Clock& clock) {
  auto policy = jose::ValidationPolicy::Create({.issuer = trust.issuer(), .audiences = {audience}});
  if (!policy.ok()) return WithExitCode(policy.status(), ExitCode::kUsage);
  const auto known = std::make_shared<Trust>(TrustOptions{.clock = &clock});
  auth::v1::GetTrustResponse answer;
  *answer.mutable_snapshot() = trust;
  const absl::Status applied = internal::TrustMirror(known, trust.issuer()).Apply(answer);
  if (!applied.ok()) return WithExitCode(applied, ExitCode::kUsage);
  internal::TokenVerifier verifier({.issuers = {{.policy = *std::move(policy),
                                                 .audiences = {audience},
                                                 .trust = known,
                                                 .look_up = [] {}}}});
  const auto verified = verifier.Verify(token, std::chrono::seconds(0));
  if (verified.ok()) return TokenVerdict{.accepted = true, .reason = "", .why = ""};
  const errors::Reason reason =
      errors::ReasonOf(verified.status()).value_or(reasons::TOKEN_MALFORMED);
  const auto keys = known->state().keys();
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.Now().time_since_epoch()).count();
  return TokenVerdict{
      .accepted = false,
      .reason = reasons::Reason_Name(reason),
      .why = Explain(reason, token, DecodedToken(token), {trust, *keys, audience, now})};
}

}  // namespace tokenforge::cli
