// Signed claims are still read strictly: T11 and T16 to T19 of the security checklist.
#include <gtest/gtest.h>

#include <string>

#include "tests/lib/jose/issuer.h"

namespace tokenforge::jose {
namespace {

using std::chrono::seconds;

std::optional<Refusal> With(const std::string& name, const std::string& raw,
                            std::chrono::sys_seconds now = kNow) {
  return RefusalOf(WithClaims(GoodClaims().Set(name, raw).Text()), now);
}
std::optional<Refusal> Without(const std::string& name) {
  return RefusalOf(WithClaims(GoodClaims().Drop(name).Text()));
}

TEST(VerifierClaimsTest, IssuerIsExact) {
  EXPECT_EQ(With("iss", Quoted(kIssuer)), std::nullopt);
  EXPECT_EQ(With("iss", R"("https:\/\/issuer.ex\u0061mple")"),
            std::nullopt);  // another spelling of the same string
  for (const char* issuer :
       {"", "https://issuer.exampl", "https://issuer.example/", "https://issuer.example.evil",
        "HTTPS://issuer.example", "http://issuer.example", " https://issuer.example",
        "https://issuer.example ", "https://evil/?https://issuer.example"}) {
    EXPECT_EQ(With("iss", Quoted(issuer)), Refusal::kWrongIssuer) << issuer;
  }
  EXPECT_EQ(With("iss", Quoted(std::string(kIssuer) + "\\u0000")), Refusal::kMalformed);
  EXPECT_EQ(With("iss", Quoted(std::string(kIssuer) + "\\u0000.evil")), Refusal::kMalformed);
  EXPECT_EQ(Without("iss"), Refusal::kWrongIssuer);
  for (const char* raw : {"null", "1", "true", "{}", R"(["https://issuer.example"])"})
    EXPECT_EQ(With("iss", raw), Refusal::kMalformed) << raw;
}

TEST(VerifierClaimsTest, AudienceIsAStringOrAnArrayThatHoldsOneOfOurs) {
  for (const char* raw :
       {"\"tokenforge\"", "\"second\"", R"(["tokenforge"])", R"(["other","second"])"})
    EXPECT_EQ(With("aud", raw), std::nullopt) << raw;
  for (const char* raw : {"\"\"", "\"other\"", "\"Tokenforge\"", "\"tokenforge \"", "\"tokenforg\"",
                          "\"tokenforge2\"", "[]", R"(["other"])", R"(["tokenforge second"])",
                          R"("tokenforge,second")", R"("*")"}) {
    EXPECT_EQ(With("aud", raw), Refusal::kWrongAudience) << raw;
  }
  EXPECT_EQ(Without("aud"), Refusal::kWrongAudience);
  for (const char* raw :
       {"null", "1", "true", R"({"0":"tokenforge"})", R"(["tokenforge",1])", R"([["tokenforge"]])",
        R"(["tokenforge",null])", R"([{"a":"tokenforge"}])", R"("tokenforge\u0000")"}) {
    EXPECT_EQ(With("aud", raw), Refusal::kMalformed) << raw;
  }
}

TEST(VerifierClaimsTest, RefusesTokenThatExpiresExactlyNow) {
  const std::string token = WithClaims(GoodClaims().Set("exp", "1800000000").Text());
  EXPECT_EQ(RefusalOf(token, kNow + seconds(29)), std::nullopt);  // within the leeway
  EXPECT_EQ(RefusalOf(token, kNow + seconds(30)), Refusal::kExpired);
  EXPECT_EQ(RefusalOf(token, kNow + seconds(31)), Refusal::kExpired);

  const Verifier strict(ValidationPolicy::Create(
                            {.issuer = kIssuer, .audiences = {"tokenforge"}, .leeway = seconds(0)})
                            .value());
  EXPECT_TRUE(std::holds_alternative<VerifiedToken>(
                  strict.Check(token, TrustedKeys(), kNow - seconds(1))) == false);  // nbf
  const std::string no_nbf = WithClaims(GoodClaims().Set("exp", "1800000000").Drop("nbf").Text());
  EXPECT_TRUE(std::holds_alternative<VerifiedToken>(
      strict.Check(no_nbf, TrustedKeys(), kNow - seconds(1))));
  EXPECT_EQ(std::get<Refusal>(strict.Check(no_nbf, TrustedKeys(), kNow)), Refusal::kExpired);
}

TEST(VerifierClaimsTest, NotBeforeHasItsBoundary) {
  EXPECT_EQ(With("nbf", "1800000030"), std::nullopt);
  EXPECT_EQ(With("nbf", "1800000031"), Refusal::kNotYetValid);
  EXPECT_EQ(With("nbf", "1800000030.5"), Refusal::kNotYetValid);
  EXPECT_EQ(Without("nbf"), std::nullopt);
  EXPECT_EQ(With("nbf", "253402300799"), Refusal::kNotYetValid);
}

TEST(VerifierClaimsTest, AFractionOfASecondCounts) {
  const std::string token = WithClaims(GoodClaims().Set("exp", "1800000000.5").Text());
  EXPECT_EQ(RefusalOf(token, kNow + seconds(30)), std::nullopt);
  EXPECT_EQ(RefusalOf(token, kNow + seconds(31)), Refusal::kExpired);
  EXPECT_EQ(With("exp", "1.8000009e9"), std::nullopt);
}

TEST(VerifierClaimsTest, ExpiryIsRequiredAndATime) {
  EXPECT_EQ(Without("exp"), Refusal::kMalformed);
  for (const char* raw :
       {"null", "\"1800000900\"", "true", "[1800000900]", "{}", "-1", "-9223372036854775808",
        "9223372036854775807", "18446744073709551616", "1e300", "1e400", "-1e300", "253402300800",
        "0x7fffffff", "NaN", "Infinity", "+1"}) {
    EXPECT_EQ(With("exp", raw), Refusal::kMalformed) << raw;
  }
  for (const char* raw : {"0", "-0", "0.5", "1", "1e-300"})
    EXPECT_EQ(With("exp", raw), Refusal::kExpired) << raw;
  EXPECT_EQ(With("exp", "253402300799"), std::nullopt);
}

TEST(VerifierClaimsTest, OtherTimesAreNumbersWhenPresent) {
  for (const char* name : {"iat", "nbf", "auth_time"}) {
    for (const char* raw :
         {"null", "\"1\"", "true", "[1]", "{}", "-1", "1e300", "18446744073709551616"}) {
      EXPECT_EQ(With(name, raw), Refusal::kMalformed) << name << " " << raw;
    }
    EXPECT_EQ(Without(name), std::nullopt);
  }
}

TEST(VerifierClaimsTest, ClaimsHaveTheirTypes) {
  for (const char* name : {"sub", "jti", "sid", "client_id", "scope", "email"}) {
    for (const char* raw : {"null", "1", "true", "{}", "[]", R"(["a"])"})
      EXPECT_EQ(With(name, raw), Refusal::kMalformed) << name << " " << raw;
  }
  for (const char* name : {"roles", "amr"}) {
    for (const char* raw : {"null", "1", "\"admin\"", "{}", "[1]", "[null]", R"([["admin"]])",
                            R"(["user",{"a":"admin"}])"}) {
      EXPECT_EQ(With(name, raw), Refusal::kMalformed) << name << " " << raw;
    }
    EXPECT_EQ(With(name, "[]"), std::nullopt);
  }
}

TEST(VerifierClaimsTest, ASubjectIsRequired) {
  EXPECT_EQ(Without("sub"), Refusal::kMalformed);
  EXPECT_EQ(With("sub", "\"\""), Refusal::kMalformed);
  EXPECT_EQ(With("sub", R"("ada\u0000")"), Refusal::kMalformed);
}

TEST(VerifierClaimsTest, ScopeIsNamesWithOneSpaceBetween) {
  for (const char* scope : {" ", " a", "a ", "a  b"})
    EXPECT_EQ(With("scope", Quoted(scope)), Refusal::kMalformed) << '"' << scope << '"';
  EXPECT_EQ(With("scope", "\"\""), std::nullopt);
  auto checked = Check(WithClaims(GoodClaims().Set("scope", "\"a bc\"").Text()));
  const auto& token = std::get<VerifiedToken>(checked);
  ASSERT_EQ(token.scopes().size(), 2u);
  EXPECT_TRUE(token.HasScope("a") && token.HasScope("bc"));
  EXPECT_FALSE(token.HasScope("b") || token.HasScope("") || token.HasScope("a bc"));
  EXPECT_TRUE(token.HasRole("user"));
  EXPECT_FALSE(token.HasRole("use") || token.HasRole(""));
}

TEST(VerifierClaimsTest, DuplicateMembersAreRefusedAtAnyDepth) {
  for (const char* name : {"iss", "sub", "aud", "exp", "roles", "jti"}) {
    std::string twice = GoodClaims().Text();
    EXPECT_EQ(RefusalOf(WithClaims(std::string(twice).insert(1, Quoted(name) + ":\"x\","))),
              Refusal::kMalformed)
        << name;
  }
  EXPECT_EQ(RefusalOf(WithClaims(GoodClaims().Add("a", "1").Add("a", "1").Text())),
            Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(WithClaims(GoodClaims().Add("exp2", "1").Add("\\u0065xp2", "1").Text())),
            Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(WithClaims(GoodClaims().Add("", "1").Add("", "1").Text())),
            Refusal::kMalformed);
  EXPECT_EQ(With("a", R"({"b":1,"b":1})"), Refusal::kMalformed);
  EXPECT_EQ(With("a", R"([{"c":{"long name of a member 1":1,"long name of a member 1":1}}])"),
            Refusal::kMalformed);
  // The same name in different objects is no duplicate, nor are names that only begin alike.
  EXPECT_EQ(With("a", R"([{"b":1},{"b":1,"exp":{"exp":"x"}}])"), std::nullopt);
  EXPECT_EQ(With("a", R"({"long name of a member 1":1,"long name of a member 2":1})"),
            std::nullopt);
}

TEST(VerifierClaimsTest, NestedMembersAreNeverTakenForClaims) {
  EXPECT_EQ(RefusalOf(WithClaims(GoodClaims().Drop("sub").Add("a", R"({"sub":"ada"})").Text())),
            Refusal::kMalformed);
  EXPECT_EQ(
      RefusalOf(WithClaims(GoodClaims().Drop("aud").Add("a", R"([{"aud":"tokenforge"}])").Text())),
      Refusal::kWrongAudience);
  auto checked =
      Check(WithClaims(GoodClaims().Add("a", R"({"roles":["admin"],"x":["admin"]})").Text()));
  EXPECT_FALSE(std::get<VerifiedToken>(checked).HasRole("admin"));
}

TEST(VerifierClaimsTest, ClaimsAreStrictJson) {
  const std::string good = GoodClaims().Text();
  EXPECT_EQ(RefusalOf(WithClaims("\n " + good + " \r\n\t")), std::nullopt);
  for (const std::string& claims : {std::string(),
                                    std::string("null"),
                                    std::string("\"text\""),
                                    std::string("1"),
                                    "[" + good + "]",
                                    good + good,
                                    good + "{}",
                                    good + ",",
                                    good + std::string(1, '\0'),
                                    good + std::string(1, '\0') + "{}",
                                    good.substr(0, good.size() - 1),
                                    "\xef\xbb\xbf" + good,
                                    std::string(good).insert(1, "\"a\":\"\xc0\x80\","),
                                    std::string(good).insert(1, "\"a\":\"\xed\xa0\x80\","),
                                    std::string(good).insert(1, "\"a\":\"\x1c\","),
                                    std::string(good).insert(1, "\"a\":\"\n\","),
                                    std::string(good).insert(1, "\x1c"),
                                    std::string(good).insert(1, "\"a\":\"\\ud83d\","),
                                    std::string(good).insert(1, "\"a\":\"\\ude00\","),
                                    std::string(good).insert(1, "\"a\":\"\\u0000\","),
                                    std::string(good).insert(1, "\"a\\u0000\":1,"),
                                    std::string(good).insert(1, "a:1,"),
                                    std::string(good).insert(1, "'a':1,"),
                                    std::string(good).insert(1, "\"a\":.5,"),
                                    std::string(good).insert(1, "//\n")}) {
    EXPECT_EQ(RefusalOf(WithClaims(claims)), Refusal::kMalformed) << claims;
  }
  EXPECT_EQ(With("a", R"("\ud83d\ude00")"), std::nullopt);
}

TEST(VerifierClaimsTest, DepthAndMembersAreBounded) {
  const auto nested = [](std::size_t deep) {
    return With("a", std::string(deep, '[') + std::string(deep, ']'));
  };
  EXPECT_EQ(nested(7), std::nullopt);
  EXPECT_EQ(nested(8), Refusal::kMalformed);
  EXPECT_EQ(nested(2500), Refusal::kMalformed);
  Json many = GoodClaims();
  for (int i = 0; i < 53; ++i) many.Add("m" + std::to_string(i), "0");
  EXPECT_EQ(RefusalOf(WithClaims(many.Text())), std::nullopt);  // 64
  EXPECT_EQ(RefusalOf(WithClaims(many.Add("one more", "0").Text())), Refusal::kMalformed);
}

TEST(VerifierClaimsTest, ACachedTokenIsCheckedForItsTimes) {
  auto checked = Check(WithClaims(GoodClaims().Text()));
  const auto& token = std::get<VerifiedToken>(checked);
  EXPECT_EQ(TheVerifier().CheckTimes(token, kNow), std::nullopt);
  EXPECT_EQ(TheVerifier().CheckTimes(token, kNow + seconds(929)), std::nullopt);
  EXPECT_EQ(TheVerifier().CheckTimes(token, kNow + seconds(930)), Refusal::kExpired);
  EXPECT_EQ(TheVerifier().CheckTimes(token, kNow - seconds(31)), Refusal::kNotYetValid);
}

TEST(VerifierClaimsTest, ViewsSurviveAMove) {
  auto checked = Check(WithClaims(GoodClaims().Set("sub", R"("a\u00e9\"b")").Text()));
  VerifiedToken token = std::get<VerifiedToken>(std::move(checked));
  const VerifiedToken moved = std::move(token);
  EXPECT_EQ(moved.subject(), "a\xc3\xa9\"b");
  EXPECT_EQ(moved.kid(), KeyOf(Algorithm::kEs256).kid());
  EXPECT_EQ(moved.audiences()[0], "tokenforge");
}

TEST(VerifierClaimsTest, ATokenWithoutTimeOfIssueCountsAsTheOldest) {
  auto checked = Check(WithClaims(GoodClaims().Drop("iat").Text()));
  EXPECT_EQ(std::get<VerifiedToken>(checked).issue_time(), std::chrono::sys_seconds());
}

TEST(VerifierClaimsTest, VerifyTellsTheReason) {
  const auto refused = TheVerifier().Verify(WithClaims(GoodClaims().Set("iss", "\"x\"").Text()),
                                            TrustedKeys(), kNow);
  EXPECT_EQ(errors::ReasonOf(refused.status()), errors::reasons::TOKEN_WRONG_ISSUER);
  EXPECT_EQ(errors::ReasonOf(TheVerifier().Verify("", TrustedKeys(), kNow).status()),
            errors::reasons::TOKEN_MALFORMED);
  EXPECT_EQ(errors::ReasonOf(
                TheVerifier().Verify(WithClaims(GoodClaims().Text()), JwkSet(), kNow).status()),
            errors::reasons::TOKEN_UNKNOWN_KEY);
}

}  // namespace
}  // namespace tokenforge::jose
