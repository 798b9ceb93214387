#include "lib/jose/signer.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/errors/errors.h"
#include "tests/lib/jose/issuer.h"

namespace tokenforge::jose {
namespace {

using std::chrono::seconds;

AccessTokenClaims Claims() {
  return {.issuer = kIssuer,
          .subject = "5ba552d6-7c7c-4d1f-8a0e-2b6a9a3c1d10",
          .audiences = {"tokenforge", "second"},
          .issue_time = kNow,
          .not_before = kNow,
          .expire_time = kNow + seconds(900),
          .token_id = "0d3c8f0e-7b36-4f6f-9d0e-6a3a7ce7c0aa",
          .session_id = "d8a3b1aa-6e0f-4d2c-9f6b-1f6d9f3f8c55",
          .client_id = "spiffe://tokenforge.local/app",
          .roles = {"user", "a \"quoted\" \\ role"},
          .scope = "notes.read notes.write",
          .email = "zo\xc3\xab@example.org",
          .auth_time = kNow - seconds(10),
          .amr = {"pwd", "otp"}};
}

std::string FaultsOf(const AccessTokenClaims& claims) {
  const absl::Status status = Signer(KeyOf(Algorithm::kEs256)).SignAccessToken(claims).status();
  std::string fields;
  for (const errors::FieldFault& fault : errors::FaultsOf(status))
    fields += (fields.empty() ? "" : " ") + fault.field;
  return fields;
}

TEST(SignerTest, TheVerifierReadsBackWhatWasSigned) {
  for (const Algorithm algorithm : kAlgorithms) {
    const AccessTokenClaims claims = Claims();
    const auto text = Signer(KeyOf(algorithm)).SignAccessToken(claims);
    ASSERT_TRUE(text.ok()) << text.status();
    const auto token = TheVerifier().Verify(*text, TrustedKeys(), kNow);
    ASSERT_TRUE(token.ok()) << token.status();
    EXPECT_EQ(token->issuer(), claims.issuer);
    EXPECT_EQ(token->subject(), claims.subject);
    ASSERT_EQ(token->audiences().size(), 2u);
    EXPECT_EQ(token->audiences()[1], "second");
    EXPECT_EQ(token->issue_time(), claims.issue_time);
    EXPECT_EQ(token->not_before(), claims.not_before);
    EXPECT_EQ(token->expire_time(), claims.expire_time);
    EXPECT_EQ(token->token_id(), claims.token_id);
    EXPECT_EQ(token->session_id(), claims.session_id);
    EXPECT_EQ(token->client_id(), claims.client_id);
    ASSERT_EQ(token->roles().size(), 2u);
    EXPECT_TRUE(token->HasRole(claims.roles[1]));
    EXPECT_EQ(token->scope(), claims.scope);
    ASSERT_EQ(token->scopes().size(), 2u);
    EXPECT_EQ(token->email(), claims.email);
    EXPECT_EQ(token->auth_time(), claims.auth_time);
    ASSERT_EQ(token->amr().size(), 2u);
    EXPECT_EQ(token->kid(), KeyOf(algorithm).kid());
    EXPECT_GT(token->memory_bytes(), text->size() / 3);
  }
}

TEST(SignerTest, TheHeaderIsExactlyAlgKidTyp) {
  const Signer signer(KeyOf(Algorithm::kEdDsa));
  const std::string token = signer.SignAccessToken(Claims()).value();
  EXPECT_EQ(base64url::Decode(token.substr(0, token.find('.'))),
            R"({"alg":"EdDSA","kid":")" + signer.kid() + R"(","typ":"at+jwt"})");
}

TEST(SignerTest, OptionalClaimsAreLeftOutWhenEmpty) {
  AccessTokenClaims claims = Claims();
  claims.session_id = claims.scope = claims.email = "";
  claims.auth_time.reset();
  claims.amr = claims.roles = {};
  const std::string token = Signer(KeyOf(Algorithm::kEs256)).SignAccessToken(claims).value();
  const std::string json =
      base64url::Decode(token.substr(token.find('.') + 1, token.rfind('.') - token.find('.') - 1))
          .value();
  EXPECT_EQ(
      json,
      R"({"iss":"https://issuer.example","sub":"5ba552d6-7c7c-4d1f-8a0e-2b6a9a3c1d10","aud":["tokenforge","second"],)"
      R"("exp":1800000900,"iat":1800000000,"nbf":1800000000,"jti":"0d3c8f0e-7b36-4f6f-9d0e-6a3a7ce7c0aa",)"
      R"("client_id":"spiffe://tokenforge.local/app","roles":[]})");
  const auto verified = TheVerifier().Verify(token, TrustedKeys(), kNow);
  ASSERT_TRUE(verified.ok());
  EXPECT_TRUE(verified->session_id().empty() && verified->scopes().empty() &&
              verified->roles().empty());
  EXPECT_FALSE(verified->auth_time().has_value());
}

TEST(SignerTest, NamesEveryFaultAtOnce) {
  EXPECT_EQ(FaultsOf(Claims()), "");
  EXPECT_EQ(FaultsOf({}), "iss sub aud jti client_id exp");
  const absl::Status status = Signer(KeyOf(Algorithm::kEs256)).SignAccessToken({}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
}

TEST(SignerTest, RefusesTextThatSomebodyWouldMisread) {
  const std::string bad[] = {"a\xff", std::string("a\0b", 3), "a\nb",
                             "a\x1f", "\xed\xa0\x80",         "a\x7f"};
  for (const std::string& text : bad) {
    AccessTokenClaims claims = Claims();
    claims.issuer = claims.subject = claims.token_id = claims.session_id = claims.client_id =
        claims.scope = claims.email = text;
    claims.audiences = claims.roles = claims.amr = {text};
    EXPECT_EQ(FaultsOf(claims), "iss sub aud jti client_id sid roles scope email amr");
  }
  AccessTokenClaims claims = Claims();
  claims.audiences = claims.roles = claims.amr = {""};
  EXPECT_EQ(FaultsOf(claims), "aud roles amr");
  for (const char* scope : {" a", "a ", "a  b", " "}) {
    claims = Claims();
    claims.scope = scope;
    EXPECT_EQ(FaultsOf(claims), "scope") << '"' << scope << '"';
  }
}

TEST(SignerTest, RefusesTimesThatMakeNoSense) {
  AccessTokenClaims claims = Claims();
  claims.expire_time = claims.issue_time;
  EXPECT_EQ(FaultsOf(claims), "exp");
  claims = Claims();
  claims.not_before = claims.expire_time;
  EXPECT_EQ(FaultsOf(claims), "exp");
  claims = Claims();
  claims.issue_time -= seconds(2'000'000'000);
  EXPECT_EQ(FaultsOf(claims), "iat");
  claims = Claims();
  claims.expire_time += std::chrono::hours(24 * 366 * 8000);
  EXPECT_EQ(FaultsOf(claims), "exp");
  claims = Claims();
  claims.auth_time = std::chrono::sys_seconds(seconds(-1));
  EXPECT_EQ(FaultsOf(claims), "auth_time");
}

TEST(SignerTest, RefusesATokenThatItsOwnVerifierWouldFindTooLong) {
  AccessTokenClaims claims = Claims();
  claims.roles.assign(200, "a-rather-long-name-of-a-role");
  EXPECT_EQ(FaultsOf(claims), "claims");
}

}  // namespace
}  // namespace tokenforge::jose
