// `token inspect`: every way in which a guard refuses a token, with the values that differ.
#include "cli/token_verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/decoded_token.h"
#include "cli/exit_code.h"
#include "lib/jose/base64url.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/signer.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::cli {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr seconds kNow{1'800'000'000};

class Verdict : public testing::Test {
 protected:
  Verdict() : clock_(kNow), signer_(NewSigner()) {
    trust_.set_issuer("https://issuer.example");
    trust_.set_jwks(jose::JwkSet::Of({signer_.public_key()}).ToJson());
    claims_.issuer = "https://issuer.example";
    claims_.subject = "ada";
    claims_.audiences = {"tokenforge"};
    claims_.issue_time = claims_.not_before = sys_seconds(kNow);
    claims_.expire_time = sys_seconds(kNow + seconds(900));
    claims_.token_id = "token-1";
    claims_.session_id = "session-1";
    claims_.client_id = "spiffe://example.org/app";
    claims_.roles = {"admin"};
  }

  static jose::Signer NewSigner() {
    return jose::Signer(*jose::PrivateKey::Generate(jose::Algorithm::kEs256));
  }
  std::string Token() const { return *signer_.SignAccessToken(claims_); }
  TokenVerdict Of(const std::string& token) const {
    const auto verdict = Judge(token, trust_, "tokenforge", clock_);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return verdict.ok() ? *verdict : TokenVerdict();
  }
  void ExpectRefused(const std::string& token, const std::string& reason,
                     const std::string& why) const {
    const TokenVerdict verdict = Of(token);
    EXPECT_FALSE(verdict.accepted);
    EXPECT_EQ(verdict.reason, reason);
    EXPECT_THAT(verdict.why, HasSubstr(why));
  }

  fakes::FakeClock clock_;
  const jose::Signer signer_;
  auth::v1::TrustSnapshot trust_;
  jose::AccessTokenClaims claims_;
};

TEST_F(Verdict, AcceptsWhatAGuardAccepts) {
  const TokenVerdict verdict = Of(Token());
  EXPECT_TRUE(verdict.accepted) << verdict.why;
  EXPECT_THAT(verdict.reason, IsEmpty());
}

TEST_F(Verdict, SaysHowLongAgoATokenExpired) {
  const std::string token = Token();
  clock_.Advance(seconds(900 + 120));
  ExpectRefused(token, "TOKEN_EXPIRED", "it expired 2m ago");
}

TEST_F(Verdict, SaysWhenATokenBegins) {
  claims_.not_before = sys_seconds(kNow + seconds(60));
  ExpectRefused(Token(), "TOKEN_NOT_YET_VALID", "not valid before 1m from now");
}

TEST_F(Verdict, NamesTheIssuerAndTheAudience) {
  claims_.issuer = "https://other.example";
  ExpectRefused(Token(), "TOKEN_WRONG_ISSUER",
                "its issuer is https://other.example, not https://issuer.example");
  claims_.issuer = "https://issuer.example";
  claims_.audiences = {"notes", "mail"};
  ExpectRefused(Token(), "TOKEN_WRONG_AUDIENCE", "it is for notes, mail, not for tokenforge");
}

TEST_F(Verdict, NamesTheKeysThatAreTrusted) {
  const jose::Signer other = NewSigner();
  trust_.set_jwks(jose::JwkSet::Of({other.public_key()}).ToJson());
  ExpectRefused(Token(), "TOKEN_UNKNOWN_KEY",
                "its key " + signer_.kid() + " is not trusted; these are: " + other.kid());
}

TEST_F(Verdict, TellsAChangedTokenFromABrokenOne) {
  const std::string token = Token();
  const std::size_t first = token.find('.'), last = token.rfind('.');
  const std::string claims = *jose::base64url::Decode(token.substr(first + 1, last - first - 1));
  std::string changed = claims;
  changed.replace(changed.find("admin"), 5, "owner");
  ExpectRefused(token.substr(0, first + 1) + jose::base64url::Encode(changed) + token.substr(last),
                "TOKEN_BAD_SIGNATURE", "its signature was not made by the key " + signer_.kid());
  ExpectRefused("tfr_abc", "TOKEN_MALFORMED", "it is a refresh token");
  ExpectRefused("a.b", "TOKEN_MALFORMED", "it has 2 parts");
  ExpectRefused("!!.b.c", "TOKEN_MALFORMED", "its header is not base64url");
  ExpectRefused(std::string(9000, 'a') + token.substr(first), "TOKEN_MALFORMED", "");
  const std::string typeless =
      jose::base64url::Encode(R"({"alg":"ES256","kid":")" + signer_.kid() + R"(","typ":"JWT"})");
  ExpectRefused(typeless + token.substr(first), "TOKEN_WRONG_TYPE", "its `typ` is JWT");
}

TEST_F(Verdict, SaysWhatWasRevoked) {
  auto& revoked = *trust_.add_revocations();
  revoked.mutable_end_time()->set_seconds(kNow.count() + 3600);
  revoked.set_session_id("session-1");
  ExpectRefused(Token(), "TOKEN_REVOKED", "its session session-1 has ended");
  revoked.set_jti("token-1");
  ExpectRefused(Token(), "TOKEN_REVOKED", "this very token (token-1) was revoked");
  revoked.mutable_user_tokens()->set_user_id("ada");
  revoked.mutable_user_tokens()->mutable_issued_before()->set_seconds(kNow.count() + 1);
  ExpectRefused(Token(), "TOKEN_REVOKED", "every token of its user ada was revoked");
  revoked.set_kid(signer_.kid());
  ExpectRefused(Token(), "TOKEN_REVOKED", "the key that signed it (" + signer_.kid() + ")");
  revoked.set_session_id("session-2");
  EXPECT_TRUE(Of(Token()).accepted);
}

TEST_F(Verdict, KeysOrASettingThatCannotBeUsedAreMistakesOfTheCall) {
  const std::string token = Token();
  EXPECT_EQ(ExitCodeOf(Judge(token, trust_, "", clock_).status()), ExitCode::kUsage);
  trust_.set_jwks("{}");
  EXPECT_EQ(ExitCodeOf(Judge(token, trust_, "tokenforge", clock_).status()), ExitCode::kUsage);
}

TEST_F(Verdict, ShowsEveryMemberOfAToken) {
  const DecodedToken decoded(Token());
  EXPECT_THAT(decoded.fault(), IsEmpty());
  Record record;
  decoded.AddTo(record);
  EXPECT_THAT(record.Json(), HasSubstr(R"("header_typ":"at+jwt")"));
  EXPECT_THAT(record.Json(), HasSubstr(R"("exp":"2027-01-15T08:15:00Z")"));
  EXPECT_THAT(record.Json(), HasSubstr(R"("roles":["admin"])"));
}

}  // namespace
}  // namespace tokenforge::cli
