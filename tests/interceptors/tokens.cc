#include "tests/interceptors/tokens.h"

#include "lib/jose/base64url.h"
#include "lib/jose/jwk_set.h"

namespace tokenforge::testing {
namespace {

using std::chrono::minutes;

std::string Payload(const std::string& token) {
  const std::size_t first = token.find('.');
  return token.substr(first + 1, token.rfind('.') - first - 1);
}

}  // namespace

Tokens::Tokens(const clock::Clock& clock)
    : clock_(clock),
      key_(jose::PrivateKey::Generate(jose::Algorithm::kEs256).value()),
      stranger_(jose::PrivateKey::Generate(jose::Algorithm::kEs256).value()),
      signer_(key_) {}

std::string Tokens::Jwks() const { return jose::JwkSet::Of({key_.public_key()}).ToJson(); }

std::string Tokens::JwksBeside(const Tokens& other) const {
  return jose::JwkSet::Of({key_.public_key(), other.key_.public_key()}).ToJson();
}

jose::AccessTokenClaims Tokens::Claims() const {
  jose::AccessTokenClaims claims;
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  claims.issuer = kIssuer;
  claims.subject = "ada";
  claims.audiences = {kAudience};
  claims.issue_time = now;
  claims.not_before = now;
  claims.expire_time = now + minutes(15);
  claims.token_id = "t-ada";
  claims.session_id = "s-ada";
  claims.client_id = "spiffe://example.org/web";
  return claims;
}

std::string Tokens::Make(const Change& change) const {
  jose::AccessTokenClaims claims = Claims();
  if (change) change(claims);
  return signer_.SignAccessToken(claims).value();
}

std::string Tokens::For(const std::string& subject) const {
  return Make([&](jose::AccessTokenClaims& claims) {
    claims.subject = subject;
    claims.session_id = "s-" + subject;
    claims.token_id = "t-" + subject;
  });
}

std::string Tokens::WithRoles(std::vector<std::string> roles) const {
  return Make([&](jose::AccessTokenClaims& claims) { claims.roles = std::move(roles); });
}

std::string Tokens::Expired() const {
  return Make([](jose::AccessTokenClaims& claims) {
    claims.issue_time -= minutes(20);
    claims.not_before -= minutes(20);
    claims.expire_time -= minutes(20);
  });
}

std::string Tokens::NotYetValid() const {
  return Make([](jose::AccessTokenClaims& claims) { claims.not_before += minutes(5); });
}

std::string Tokens::OfForeignIssuer() const {
  return Make([](jose::AccessTokenClaims& claims) { claims.issuer = "https://elsewhere.example"; });
}

std::string Tokens::ForForeignAudience() const {
  return Make([](jose::AccessTokenClaims& claims) { claims.audiences = {"elsewhere"}; });
}

std::string Tokens::SignedAs(const std::string& header, const std::string& payload) const {
  const std::string text = jose::base64url::Encode(header) + "." + payload;
  return text + "." + jose::base64url::Encode(key_.Sign(text).value());
}

std::string Tokens::OfWrongType() const {
  return SignedAs(R"({"alg":"ES256","kid":")" + kid() + R"(","typ":"JWT"})", Payload(Make()));
}

std::string Tokens::OfUnknownKey() const {
  return jose::Signer(stranger_).SignAccessToken(Claims()).value();
}

std::string Tokens::Forged() const {
  const std::string good = Make();
  const std::string text = good.substr(0, good.rfind('.'));
  return text + "." + jose::base64url::Encode(stranger_.Sign(text).value());
}

std::string Tokens::Unsigned() const {
  return jose::base64url::Encode(R"({"alg":"none","kid":")" + kid() + R"(","typ":"at+jwt"})") +
         "." + Payload(Make()) + ".";
}

}  // namespace tokenforge::testing
