// The outside of a token and its header: T1 to T4, T9, T10, T12 to T14 and T20 of the security
// checklist.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>

#include "tests/lib/jose/issuer.h"

namespace tokenforge::jose {
namespace {

const PrivateKey& Es256() { return KeyOf(Algorithm::kEs256); }
std::string Good() { return TokenOf(GoodHeader(Es256()).Text(), GoodClaims().Text()); }

std::string Hmac(std::string_view key, const std::string& text) {
  unsigned char mac[32];
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, nullptr);
  return base64url::Encode({reinterpret_cast<char*>(mac), sizeof mac});
}

TEST(VerifierHeaderTest, AcceptsAGoodTokenOfEveryAlgorithm) {
  for (const Algorithm algorithm : kAlgorithms) {
    const PrivateKey& key = KeyOf(algorithm);
    EXPECT_EQ(RefusalOf(TokenOf(GoodHeader(key).Text(), GoodClaims().Text(), key)), std::nullopt)
        << Name(algorithm);
    // The header that our own signer writes takes the short way.
    const std::string text =
        key.public_key().header_segment() + '.' + base64url::Encode(GoodClaims().Text());
    EXPECT_EQ(RefusalOf(SignWith(key, text)), std::nullopt) << Name(algorithm);
  }
}

TEST(VerifierHeaderTest, OnlyTheDiagonalOfAlgorithmAndKeyPasses) {
  for (const Algorithm of_key : kAlgorithms) {
    for (const char* alg : {"RS256", "ES256", "EdDSA", "none", "HS256", "PS256", "RS512", "ES384",
                            "ES256K", "Ed25519"}) {
      const PrivateKey& key = KeyOf(of_key);
      const std::string token =
          TokenOf(GoodHeader(key).Set("alg", Quoted(alg)).Text(), GoodClaims().Text(), key);
      const auto expected =
          alg == Name(of_key) ? std::nullopt : std::optional(Refusal::kBadSignature);
      EXPECT_EQ(RefusalOf(token), expected) << alg << " on a key for " << Name(of_key);
    }
  }
}

TEST(VerifierHeaderTest, AnotherKeysSignatureIsRefused) {
  for (const Algorithm signer : kAlgorithms) {
    for (const Algorithm named : kAlgorithms) {
      if (signer == named) continue;
      EXPECT_EQ(
          RefusalOf(TokenOf(GoodHeader(KeyOf(named)).Text(), GoodClaims().Text(), KeyOf(signer))),
          Refusal::kBadSignature);
    }
  }
}

TEST(VerifierHeaderTest, NoneIsRefusedInEverySpellingSignedOrNot) {
  for (const char* alg : {"none", "None", "NONE", "nOnE", "none ", " none", "n\\u006fne", ""}) {
    const Json header = GoodHeader(Es256()).Set("alg", Quoted(alg));
    const std::string text = Unsigned(header.Text(), GoodClaims().Text());
    EXPECT_NE(RefusalOf(text + "."), std::nullopt) << alg;
    EXPECT_NE(RefusalOf(SignWith(Es256(), text)), std::nullopt) << alg;
  }
  EXPECT_EQ(
      RefusalOf(TokenOf(GoodHeader(Es256()).Add("alg", "\"none\"").Text(), GoodClaims().Text())),
      Refusal::kMalformed);
}

TEST(VerifierHeaderTest, NeverTakesAPublicKeyForAnHmacSecret) {
  for (const Algorithm algorithm : kAlgorithms) {
    const PublicKey& key = KeyOf(algorithm).public_key();
    const std::string raw = key.jwk().substr(key.jwk().find("\":\"") + 3, 40);
    for (const std::string& secret :
         {std::string(), std::string(1, '\0'), key.jwk(), TrustedKeys().ToJson(), key.kid(), raw,
          "-----BEGIN PUBLIC KEY-----\n" + raw, base64url::Decode(key.kid()).value()}) {
      for (const char* alg : {"HS256", "HS512", "RS256", "ES256", "EdDSA"}) {
        const std::string text = Unsigned(
            GoodHeader(KeyOf(algorithm)).Set("alg", Quoted(alg)).Text(), GoodClaims().Text());
        EXPECT_EQ(RefusalOf(text + '.' + Hmac(secret, text)), Refusal::kBadSignature) << alg;
      }
    }
  }
}

TEST(VerifierHeaderTest, RefusesEverythingButThreeParts) {
  const std::string good = Good();
  ASSERT_EQ(RefusalOf(good), std::nullopt);
  const std::string header = good.substr(0, good.find('.'));
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("...."),
        header, header + ".", good + ".", "." + good, good + ".AAAA.AAAA",
        good.substr(0, good.rfind('.')), good + "." + good, header + ".AAAA.AAAA.AAAA.AAAA"}) {
    EXPECT_EQ(RefusalOf(token), Refusal::kMalformed) << token;
  }
}

TEST(VerifierHeaderTest, RefusesTheJsonSerializations) {
  const std::string good = Good();
  const std::size_t a = good.find('.'), b = good.rfind('.');
  const std::string flattened = R"({"protected":")" + good.substr(0, a) + R"(","payload":")" +
                                good.substr(a + 1, b - a - 1) + R"(","signature":")" +
                                good.substr(b + 1) + R"("})";
  EXPECT_EQ(RefusalOf(flattened), Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(R"({"a":".","payload":".",)" + flattened.substr(1)), Refusal::kMalformed);
  // Polyglot: a compact token hidden in a JSON text, which another parser would read
  // (CVE-2022-39227).
  EXPECT_EQ(RefusalOf("{\"  " + good + "\":0}"), Refusal::kMalformed);
}

TEST(VerifierHeaderTest, RefusesEverySecondSpellingOfAToken) {
  const std::string good = Good();
  for (const std::string& token :
       {" " + good, good + " ", good + "\n", good + "=", good + "==", "\t" + good, "Bearer " + good,
        good + std::string(1, '\0'), "\xef\xbb\xbf" + good}) {
    EXPECT_NE(RefusalOf(token), std::nullopt);
  }
  // In each part: padding, white space, the other alphabet.
  for (const std::size_t dot : {good.find('.'), good.rfind('.'), good.size()}) {
    for (const char* junk : {"=", "==", " ", "\n", "+", "/", "%", "\xc3\xa9"}) {
      EXPECT_NE(RefusalOf(std::string(good).insert(dot, junk)), std::nullopt) << junk;
    }
  }
}

TEST(VerifierHeaderTest, RefusesSpareBitsInEveryPart) {
  int tried = 0;
  for (const std::string& padding : {std::string(), std::string(" "), std::string("  ")}) {
    const std::string token =
        TokenOf(GoodHeader(Es256()).Text() + padding, GoodClaims().Text() + padding);
    ASSERT_EQ(RefusalOf(token), std::nullopt);
    std::size_t first = 0;
    for (std::size_t end : {token.find('.'), token.rfind('.'), token.size()}) {
      const std::size_t rest = (end - first) % 4;
      first = end + 1;
      if (rest == 0) continue;
      // The last character with one of its unused bits set decodes to the same bytes.
      const std::string alphabet =
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      std::string other = token;
      other[end - 1] = alphabet[alphabet.find(token[end - 1]) | 1];
      EXPECT_EQ(RefusalOf(other), Refusal::kMalformed);
      ++tried;
    }
  }
  EXPECT_GE(tried, 5);
}

TEST(VerifierHeaderTest, RefusesCritAndB64WhateverTheySay) {
  for (const char* crit : {"[]", R"(["exp"])", R"(["b64"])", R"(["unknown"])", R"(["alg"])", "null",
                           "\"exp\"", "{}", "0"}) {
    EXPECT_EQ(RefusalOf(WithHeader(GoodHeader(Es256()).Add("crit", crit).Text())),
              Refusal::kMalformed)
        << crit;
  }
  for (const char* b64 : {"true", "false"}) {
    EXPECT_EQ(RefusalOf(WithHeader(GoodHeader(Es256()).Add("b64", b64).Text())),
              Refusal::kMalformed);
  }
}

TEST(VerifierHeaderTest, ATokenDoesNotBringItsOwnKey) {
  const auto attacker = PrivateKey::Generate(Algorithm::kEs256);
  const std::string jwk = attacker->public_key().jwk();
  for (const auto& [name, raw] : {std::pair<std::string, std::string>{"jwk", jwk},
                                  {"jku", "\"http://127.0.0.1:1/jwks.json\""},
                                  {"x5u", "\"http://127.0.0.1:1/cert.pem\""},
                                  {"x5c", R"(["MIIB"])"}}) {
    const Json known = GoodHeader(Es256()).Add(name, raw);
    EXPECT_EQ(RefusalOf(TokenOf(known.Text(), GoodClaims().Text(), *attacker)),
              Refusal::kBadSignature)
        << name;
    const Json own = GoodHeader(*attacker).Add(name, raw);
    EXPECT_EQ(RefusalOf(TokenOf(own.Text(), GoodClaims().Text(), *attacker)), Refusal::kUnknownKey)
        << name;
  }
}

TEST(VerifierHeaderTest, KidIsRequiredAndChoosesAlone) {
  const Json good = GoodHeader(Es256());
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Drop("kid").Text())), Refusal::kMalformed);
  for (const char* kid : {"\"\"", "null", "1", "[\"a\"]", "{}"}) {
    EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("kid", kid).Text())), Refusal::kMalformed) << kid;
  }
  for (const char* kid : {"unknown", "../../etc/passwd", "' OR 1=1 --", "*", "\\n\\u001b[2J"}) {
    EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("kid", Quoted(kid)).Text())),
              Refusal::kUnknownKey)
        << kid;
  }
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("kid", Quoted(Es256().kid() + "\\u0000")).Text())),
            Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("kid", Quoted(std::string(256, 'k'))).Text())),
            Refusal::kUnknownKey);
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("kid", Quoted(std::string(257, 'k'))).Text())),
            Refusal::kMalformed);
}

TEST(VerifierHeaderTest, TypIsAnAccessTokens) {
  const Json good = GoodHeader(Es256());
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("typ", "\"application/at+jwt\"").Text())),
            std::nullopt);
  EXPECT_EQ(RefusalOf(WithHeader(Json(good).Drop("typ").Text())), Refusal::kWrongType);
  for (const char* typ : {"JWT", "jwt", "", "at+JWT", "AT+JWT", "at+jwt ", "logout+jwt", "dpop+jwt",
                          "id_token", "application/jwt", "application/application/at+jwt"}) {
    EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("typ", Quoted(typ)).Text())), Refusal::kWrongType)
        << typ;
  }
  for (const char* typ : {"null", "1", "[\"at+jwt\"]"}) {
    EXPECT_EQ(RefusalOf(WithHeader(Json(good).Set("typ", typ).Text())), Refusal::kMalformed) << typ;
  }
}

TEST(VerifierHeaderTest, TheHeaderIsStrictJson) {
  const std::string good = GoodHeader(Es256()).Text();
  EXPECT_EQ(RefusalOf(WithHeader(" " + good + "\n")), std::nullopt);  // white space around is JSON
  for (const std::string& header :
       {std::string(), std::string("{}"), std::string("null"), "[" + good + "]", good + "x",
        good + good, good + std::string(1, '\0'), "\xef\xbb\xbf" + good,
        good.substr(0, good.size() - 1), std::string(good).insert(1, "\"a\":\"\xff\","),
        std::string(good).insert(1, "\"a\":\"\x1b\","), std::string(good).insert(1, "/**/"),
        std::string(good).insert(1, "\"a\":01,"), std::string(good).insert(1, "\"a\":NaN,"),
        std::string(good).insert(1, "\"a\":\"\\ud800\","),
        std::string(good).insert(1, "\"a\":\"\\udc00\","),
        std::string(good).insert(1, "\"kid\":\"x\","),
        std::string(good).insert(1, "\"\\u006bid\":\"x\","),
        std::string(good).insert(1, "\"a\":{\"b\":1,\"b\":2},")}) {
    EXPECT_EQ(RefusalOf(WithHeader(header)), Refusal::kMalformed) << header;
  }
}

TEST(VerifierHeaderTest, AnUnsignedHeaderCannotCostMuch) {
  const std::string good = GoodHeader(Es256()).Text();
  for (const std::size_t deep : {9u, 100u, 400u, 20'000u}) {
    const std::string nested = "\"a\":" + std::string(deep, '[') + std::string(deep, ']') + ",";
    EXPECT_EQ(RefusalOf(WithHeader(std::string(good).insert(1, nested))), Refusal::kMalformed)
        << deep;
    const std::string open = base64url::Encode(std::string(deep, '['));
    EXPECT_EQ(RefusalOf(open + ".AAAA.AAAA"), Refusal::kMalformed);
    EXPECT_EQ(RefusalOf(base64url::Encode("{\"a\":" + std::string(deep, '{')) + ".AAAA.AAAA"),
              Refusal::kMalformed);
  }
  std::string many;
  for (int i = 0; i < 70; ++i) many += Quoted(std::to_string(i)) + ":0,";
  EXPECT_EQ(RefusalOf(WithHeader(std::string(good).insert(1, many))), Refusal::kMalformed);
}

TEST(VerifierHeaderTest, RefusesMoreThanEightKibibytes) {
  const std::size_t base = Good().size();
  const auto padded = [](std::size_t by) {
    return WithClaims(GoodClaims().Set("pad", Quoted(std::string(by, 'a'))).Text());
  };
  std::size_t by = (8192 - base) * 3 / 4 - 20;
  while (padded(by).size() <= 8192) ++by;
  EXPECT_EQ(RefusalOf(padded(by)), Refusal::kMalformed);
  EXPECT_EQ(RefusalOf(padded(by - 1)), std::nullopt);
  EXPECT_EQ(RefusalOf(std::string(16 * 1024 * 1024, 'A')), Refusal::kMalformed);
}

}  // namespace
}  // namespace tokenforge::jose
