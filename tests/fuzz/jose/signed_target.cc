#include <algorithm>
#include <cstdlib>
#include <string>
#include <variant>

#include "lib/jose/base64url.h"
#include "lib/jose/header.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/signer.h"
#include "lib/jose/verifier.h"
#include "tests/fuzz/jose/targets.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::fuzz {
namespace {

constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
constexpr char kIssuer[] = "https://issuer.example";
constexpr char kAudience[] = "tokenforge";
constexpr char kSeparator = '\x1e';

// Always the same key, whose signatures are deterministic: a finding repeats.
jose::PrivateKey EdDsaKey() {
  for (const auto& foreign : vectors::kForeignTokens) {
    if (std::string_view(foreign.alg) != "EdDSA") continue;
    return jose::PrivateKey::FromPkcs8(
               secret::Secret::Take(jose::base64url::Decode(foreign.pkcs8).value()))
        .value();
  }
  std::abort();
}

std::string Encoded(std::string_view bytes) { return jose::base64url::Encode(bytes); }

struct Fixture {
  jose::PrivateKey key = EdDsaKey();
  jose::Signer signer{key};
  jose::JwkSet keys = jose::JwkSet::Of({key.public_key()});
  jose::Verifier verifier{
      jose::ValidationPolicy::Create({.issuer = kIssuer, .audiences = {kAudience}}).value()};
  std::string our_header = jose::HeaderSegment(jose::Algorithm::kEdDsa, key.kid());

  std::string Sign(std::string_view bytes) const {
    const std::size_t at = bytes.find(kSeparator);
    const std::string text = at == std::string_view::npos ? our_header + "." + Encoded(bytes)
                                                          : Encoded(bytes.substr(0, at)) + "." +
                                                                Encoded(bytes.substr(at + 1));
    return text + "." + Encoded(key.Sign(text).value());
  }
};

std::vector<std::string> Strings(jose::VerifiedToken::Names names) {
  return {names.begin(), names.end()};
}

jose::AccessTokenClaims ClaimsOf(const jose::VerifiedToken& token) {
  jose::AccessTokenClaims claims;
  claims.issuer = token.issuer();
  claims.subject = token.subject();
  claims.audiences = Strings(token.audiences());
  claims.issue_time = token.issue_time();
  claims.not_before = token.not_before().value_or(jose::VerifiedToken::Time());
  claims.expire_time = token.expire_time();
  claims.token_id = token.token_id();
  claims.session_id = token.session_id();
  claims.client_id = token.client_id();
  claims.roles = Strings(token.roles());
  claims.scope = token.scope();
  claims.email = token.email();
  claims.auth_time = token.auth_time();
  claims.amr = Strings(token.amr());
  return claims;
}

bool SaysTheSame(const jose::VerifiedToken& a, const jose::VerifiedToken& b) {
  return a.issuer() == b.issuer() && a.subject() == b.subject() &&
         Strings(a.audiences()) == Strings(b.audiences()) && a.expire_time() == b.expire_time() &&
         a.issue_time() == b.issue_time() && a.token_id() == b.token_id() &&
         a.session_id() == b.session_id() && a.client_id() == b.client_id() &&
         Strings(a.roles()) == Strings(b.roles()) && a.scope() == b.scope() &&
         Strings(a.scopes()) == Strings(b.scopes()) && a.email() == b.email() &&
         a.auth_time() == b.auth_time() && Strings(a.amr()) == Strings(b.amr()) &&
         a.kid() == b.kid();
}

void CheckAccepted(const jose::VerifiedToken& token, const Fixture& with) {
  const auto leeway = with.verifier.policy().leeway();
  const auto audiences = Strings(token.audiences());
  if (token.issuer() != kIssuer || token.subject().empty() || token.kid() != with.key.kid() ||
      kNow >= token.expire_time() + leeway ||
      (token.not_before().has_value() && kNow < *token.not_before() - leeway) ||
      std::find(audiences.begin(), audiences.end(), kAudience) == audiences.end()) {
    std::abort();
  }
  // Foreign issuers may leave out or write what our signer refuses to; then there is nothing to
  // read back.
  const auto signed_again = with.signer.SignAccessToken(ClaimsOf(token));
  if (!signed_again.ok()) return;
  const auto again = with.verifier.Check(*signed_again, with.keys, kNow);
  const auto* const read = std::get_if<jose::VerifiedToken>(&again);
  if (read == nullptr || !SaysTheSame(*read, token)) std::abort();
}

}  // namespace

bool CheckSigned(std::string_view bytes) {
  static const Fixture fixture;
  const std::string token = fixture.Sign(bytes);
  const auto checked = fixture.verifier.Check(token, fixture.keys, kNow);
  if (const auto* accepted = std::get_if<jose::VerifiedToken>(&checked)) {
    CheckAccepted(*accepted, fixture);
    return true;
  }
  if (std::get<jose::Refusal>(checked) == jose::Refusal::kUnknownKey &&
      bytes.find(kSeparator) == std::string_view::npos) {
    std::abort();  // our own header was not recognised
  }
  return false;
}

}  // namespace tokenforge::fuzz
