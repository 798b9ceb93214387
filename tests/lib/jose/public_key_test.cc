// Which keys are allowed to verify at all (T4 to T8 of the security checklist).
#include "lib/jose/public_key.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/lib/jose/issuer.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::jose {
namespace {

std::string Of(std::string_view bytes) { return Quoted(base64url::Encode(bytes)); }

std::string Why(const Json& jwk) {
  return std::string(PublicKey::FromJwk(jwk.Text()).status().message());
}

// A usable modulus of this many bits: 1…01.
std::string Modulus(std::size_t bits) {
  std::string n(bits / 8, '\0');
  n.front() = '\x80';
  n.back() = '\x01';
  return n;
}
Json Rsa(const std::string& n, const std::string& e) {
  return {{"kty", "\"RSA\""}, {"kid", "\"k\""}, {"n", Of(n)}, {"e", Of(e)}};
}
const std::string kF4("\x01\x00\x01", 3);

Json JwkOf(Algorithm algorithm) {
  // Our own text is a flat object of strings without escapes.
  Json jwk{};
  std::string text = KeyOf(algorithm).public_key().jwk();
  for (std::size_t at = 1; at < text.size() - 1;) {
    const std::size_t name_end = text.find('"', at + 1);
    const std::size_t value_end = text.find('"', name_end + 3);
    jwk.Add(text.substr(at + 1, name_end - at - 1),
            text.substr(name_end + 2, value_end - name_end - 1));
    at = value_end + 2;
  }
  return jwk;
}

TEST(PublicKeyTest, ReadsBackTheJwkThatItWrites) {
  for (const Algorithm algorithm : kAlgorithms) {
    const PublicKey& key = KeyOf(algorithm).public_key();
    const auto read = PublicKey::FromJwk(key.jwk());
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(*read, key);
    EXPECT_EQ(read->algorithm(), algorithm);
    EXPECT_EQ(read->kid(), key.kid());
    EXPECT_EQ(JwkOf(algorithm).Text(), key.jwk());
  }
}

TEST(PublicKeyTest, ThePublicJwkHoldsNothingPrivate) {
  for (const Algorithm algorithm : kAlgorithms) {
    const std::string& jwk = KeyOf(algorithm).public_key().jwk();
    for (const char* name : {"\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"dq\"", "\"qi\"", "PRIVATE"}) {
      EXPECT_EQ(jwk.find(name), std::string::npos) << name;
    }
  }
}

TEST(PublicKeyTest, RefusesRsaOutsideItsBounds) {
  EXPECT_EQ(Why(Rsa(Modulus(2048), kF4)), "");
  EXPECT_EQ(Why(Rsa(Modulus(8192), kF4)), "");
  EXPECT_EQ(Why(Rsa(base64url::Decode(vectors::kRsa1024Modulus).value(), kF4)),
            "RSA key is below 2048 bits");
  EXPECT_EQ(Why(Rsa(Modulus(2040), kF4)), "RSA key is below 2048 bits");
  EXPECT_NE(Why(Rsa(Modulus(8200), kF4)), "");
  EXPECT_NE(Why(Rsa(Modulus(64 * 1024), kF4)), "");
  EXPECT_NE(Why(Rsa("", kF4)), "");
  std::string half = Modulus(2048);
  half[0] = '\x7f';  // 2047 bits
  EXPECT_EQ(Why(Rsa(half, kF4)), "RSA key is below 2048 bits");
  std::string even = Modulus(2048);
  even.back() = '\x02';
  EXPECT_EQ(Why(Rsa(even, kF4)), "RSA modulus is even");
}

TEST(PublicKeyTest, RefusesRsaExponentsThatWeakenOrSlow) {
  const std::string n = Modulus(2048);
  for (const std::string& e :
       {std::string(), std::string("\x00", 1), std::string("\x01"), std::string("\x02"),
        std::string("\x03"), std::string("\x01\x00\x02", 3), std::string("\xff\xff"),
        std::string("\x01\x00\x00\x00\x01", 5), std::string(256, '\x11')}) {
    EXPECT_NE(Why(Rsa(n, e)), "") << base64url::Encode(e);
  }
  EXPECT_EQ(Why(Rsa(n, "\xff\xff\xff\xff")), "");
}

TEST(PublicKeyTest, RefusesASecondSpellingOfRsaNumbers) {
  EXPECT_NE(Why(Rsa('\0' + Modulus(2048), kF4)), "");
  EXPECT_NE(Why(Rsa(Modulus(2048), '\0' + kF4)), "");
}

TEST(PublicKeyTest, RefusesPointsOffTheCurve) {
  const Json good = JwkOf(Algorithm::kEs256);
  ASSERT_EQ(Why(good), "");
  const std::string zero(32, '\0'), one = std::string(31, '\0') + '\x01', most(32, '\xff');
  for (const std::string& bytes : {zero, one, most}) {
    EXPECT_EQ(Why(Json(good).Set("x", Of(bytes))), "the point is not on P-256");
    EXPECT_EQ(Why(Json(good).Set("y", Of(bytes))), "the point is not on P-256");
    EXPECT_EQ(Why(Json(good).Set("x", Of(bytes)).Set("y", Of(bytes))), "the point is not on P-256");
  }
  for (const std::size_t size : {0u, 1u, 31u, 33u, 48u, 64u}) {
    EXPECT_NE(Why(Json(good).Set("x", Of(std::string(size, '\x01')))), "") << size;
    EXPECT_NE(Why(Json(good).Set("y", Of(std::string(size, '\x01')))), "") << size;
  }
}

TEST(PublicKeyTest, RefusesEd25519KeysUnderWhichAnybodyCanSign) {
  const Json good = JwkOf(Algorithm::kEdDsa);
  const auto with = [&good](std::string x) { return Why(Json(good).Set("x", Of(x))); };
  const std::string order8 =
      base64url::Decode("JuiVj8KyJ7BFw_SJ8u-Y8NXfrAXTxjM5sTgCiG1T_AU").value();
  ASSERT_EQ(with(base64url::Decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").value()), "");
  for (std::string x :
       {std::string(32, '\0'), '\x01' + std::string(31, '\0'),
        '\xec' + std::string(30, '\xff') + '\x7f', '\xed' + std::string(30, '\xff') + '\x7f',
        '\xee' + std::string(30, '\xff') + '\x7f', std::string(31, '\xff') + '\x7f', order8}) {
    EXPECT_NE(with(x), "");
    x[31] = static_cast<char>(x[31] | 0x80);  // the other sign of x
    EXPECT_NE(with(x), "");
  }
  for (const std::size_t size : {0u, 31u, 33u, 57u})
    EXPECT_NE(with(std::string(size, '\x05')), "") << size;
}

TEST(PublicKeyTest, OneKeyHasOneAlgorithm) {
  for (const Algorithm algorithm : kAlgorithms) {
    const Json good = JwkOf(algorithm);
    for (const char* alg : {"RS256", "ES256", "EdDSA", "HS256", "none", "PS256", ""}) {
      EXPECT_EQ(Why(Json(good).Set("alg", Quoted(alg))).empty(), alg == Name(algorithm)) << alg;
    }
    EXPECT_NE(Why(Json(good).Set("alg", "null")), "");
    // Without alg the type of the key decides, never a token's header.
    const auto bare = PublicKey::FromJwk(Json(good).Drop("alg").Drop("use").Text());
    ASSERT_TRUE(bare.ok());
    EXPECT_EQ(bare->algorithm(), algorithm);
  }
}

TEST(PublicKeyTest, RefusesOtherTypesAndCurves) {
  const Json ec = JwkOf(Algorithm::kEs256), okp = JwkOf(Algorithm::kEdDsa);
  const Json oct{
      {"kty", "\"oct\""}, {"kid", "\"k\""}, {"k", Of("0123456789abcdef0123456789abcdef")}};
  EXPECT_NE(Why(oct), "");
  EXPECT_NE(Why(Json(oct).Set("k", "\"\"")), "");
  EXPECT_NE(Why(Json(ec).Set("kty", "\"oct\"")), "");
  for (const char* crv : {"P-384", "P-521", "secp256k1", "p-256", "Ed25519", ""}) {
    EXPECT_NE(Why(Json(ec).Set("crv", Quoted(crv))), "") << crv;
  }
  for (const char* crv : {"Ed448", "X25519", "ed25519", "P-256", ""})
    EXPECT_NE(Why(Json(okp).Set("crv", Quoted(crv))), "") << crv;
  for (const char* kty : {"\"rsa\"", "\"\"", "1", "null", "[\"RSA\"]"})
    EXPECT_NE(Why(Json(ec).Set("kty", kty)), "") << kty;
}

TEST(PublicKeyTest, RefusesKeysForAnotherUse) {
  const Json good = JwkOf(Algorithm::kEs256);
  EXPECT_NE(Why(Json(good).Set("use", "\"enc\"")), "");
  EXPECT_NE(Why(Json(good).Set("use", "1")), "");
  EXPECT_EQ(Why(Json(good).Set("key_ops", R"(["verify"])")), "");
  EXPECT_NE(Why(Json(good).Set("key_ops", R"(["sign"])")), "");
  EXPECT_NE(Why(Json(good).Set("key_ops", R"("verify")")), "");
  EXPECT_NE(Why(Json(good).Set("d", "\"AAAA\"")),
            "");  // published by mistake: no longer anybody's secret
}

TEST(PublicKeyTest, RefusesBadMembersAndKids) {
  const Json good = JwkOf(Algorithm::kEs256);
  EXPECT_NE(Why(Json(good).Drop("kid")), "");
  EXPECT_NE(Why(Json(good).Set("kid", "\"\"")), "");
  EXPECT_NE(Why(Json(good).Set("kid", "7")), "");
  EXPECT_NE(Why(Json(good).Set("kid", R"("a\u0000b")")), "");
  EXPECT_NE(Why(Json(good).Set("kid", R"("a\nb")")), "");
  EXPECT_NE(Why(Json(good).Set("kid", R"("\ud800")")), "");
  EXPECT_EQ(Why(Json(good).Set("kid", Quoted(std::string(256, 'k')))), "");
  EXPECT_NE(Why(Json(good).Set("kid", Quoted(std::string(257, 'k')))), "");
  EXPECT_NE(Why(Json(good).Drop("x")), "");
  EXPECT_NE(Why(Json(good).Set("x", "1")), "");
  EXPECT_NE(Why(Json(good).Set("x", "\"====\"")), "");
  EXPECT_NE(Why(Json(good).Add("x", Of(std::string(32, '\x01')))), "");  // which of the two is it?
  EXPECT_EQ(Why(Json(good).Set("x5t", "\"anything\"")), "");
}

TEST(PublicKeyTest, MessagesHoldNothingOfTheInput) {
  const Json good = JwkOf(Algorithm::kEs256);
  EXPECT_EQ(Why(Json(good).Set("kid", R"("MARK\n")")).find("MARK"), std::string::npos);
  EXPECT_EQ(Why(Json(good).Set("x", "\"MARK\"")).find("MARK"), std::string::npos);
}

TEST(PublicKeyTest, KidsAreEscapedWhereverTheyAreWritten) {
  const auto key = PublicKey::FromJwk(JwkOf(Algorithm::kEs256).Set("kid", R"("a\"b\\c")").Text());
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key->kid(), "a\"b\\c");
  EXPECT_EQ(PublicKey::FromJwk(key->jwk())->kid(), "a\"b\\c");
}

}  // namespace
}  // namespace tokenforge::jose
