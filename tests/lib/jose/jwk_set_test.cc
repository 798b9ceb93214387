// A key set takes what it understands and is not lost with one bad entry (RFC 7517, section 5; K6).
#include "lib/jose/jwk_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/lib/jose/issuer.h"

namespace tokenforge::jose {
namespace {

std::string SetOf(const std::vector<std::string>& entries) {
  std::string json = "{\"keys\":[";
  for (const std::string& entry : entries) json += (json.back() == '[' ? "" : ",") + entry;
  return json + "]}";
}
std::string JwkOf(Algorithm algorithm) { return KeyOf(algorithm).public_key().jwk(); }

TEST(JwkSetTest, FindsEveryKeyByKidAndByHeader) {
  const JwkSet& set = TrustedKeys();
  ASSERT_EQ(set.keys().size(), 3u);
  for (const Algorithm algorithm : kAlgorithms) {
    const PublicKey& key = KeyOf(algorithm).public_key();
    ASSERT_NE(set.Find(key.kid()), nullptr);
    EXPECT_EQ(*set.Find(key.kid()), key);
    ASSERT_NE(set.FindByHeader(key.header_segment()), nullptr);
    EXPECT_EQ(*set.FindByHeader(key.header_segment()), key);
    EXPECT_EQ(set.Find(key.kid().substr(1)), nullptr);
    EXPECT_EQ(set.Find(key.kid() + "x"), nullptr);
    EXPECT_EQ(set.FindByHeader(key.header_segment() + "A"), nullptr);
  }
  EXPECT_EQ(set.Find(""), nullptr);
  EXPECT_EQ(set.FindByHeader(""), nullptr);
  EXPECT_EQ(JwkSet().Find("x"), nullptr);
  EXPECT_EQ(JwkSet().FindByHeader("x"), nullptr);
}

TEST(JwkSetTest, ACopyOutlivesTheOriginal) {
  auto original = std::make_unique<JwkSet>(TrustedKeys());
  const JwkSet copy = *original;
  original.reset();
  const PublicKey& key = KeyOf(Algorithm::kEs256).public_key();
  EXPECT_EQ(*copy.FindByHeader(key.header_segment()), key);
}

TEST(JwkSetTest, TheSameKeysAreTheSameTextInAnyOrder) {
  std::vector<PublicKey> keys = TrustedKeys().keys();
  const std::string text = TrustedKeys().ToJson();
  while (std::next_permutation(keys.begin(), keys.end(),
                               [](const auto& a, const auto& b) { return a.kid() < b.kid(); })) {
    EXPECT_EQ(JwkSet::Of(keys).ToJson(), text);
  }
  const auto read = JwkSet::Parse(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToJson(), text);
  EXPECT_TRUE(read->ignored().empty());
  EXPECT_EQ(JwkSet().ToJson(), "{\"keys\":[]}");
}

TEST(JwkSetTest, OneBadEntryDoesNotLoseTheSet) {
  const std::string good = JwkOf(Algorithm::kEs256);
  const std::vector<std::string> bad = {
      R"({"kty":"oct","kid":"a","k":"AAAAAAAAAAAAAAAAAAAAAA"})",
      R"({"kty":"RSA","kid":"b","n":"AQAB","e":"AQAB"})",
      R"({"kty":"EC","crv":"secp256k1","kid":"c","x":"AA","y":"AA"})",
      R"({"kty":"new-in-2040","kid":"d"})",
      R"({"kty":"EC","kty":"EC","kid":"e"})",
      R"({})",
      R"(null)",
      R"([])",
      R"("text")",
      R"(17)",
  };
  std::vector<std::string> entries = bad;
  entries.insert(entries.begin() + 3, good);
  entries.push_back(JwkOf(Algorithm::kEdDsa));
  const auto set = JwkSet::Parse(SetOf(entries));
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->keys().size(), 2u);
  EXPECT_NE(set->Find(KeyOf(Algorithm::kEs256).kid()), nullptr);
  EXPECT_EQ(set->ignored().size(), bad.size());
  EXPECT_EQ(set->ignored()[1], "entry 1: RSA key is below 2048 bits");
}

TEST(JwkSetTest, OfTwoKeysWithOneKidTheFirstStays) {
  const PublicKey& first = KeyOf(Algorithm::kEs256).public_key();
  const auto other = PrivateKey::Generate(Algorithm::kEs256);
  std::string impostor = other->public_key().jwk();
  impostor.replace(impostor.find(other->kid()), other->kid().size(), first.kid());
  const auto set = JwkSet::Parse(SetOf({first.jwk(), impostor, JwkOf(Algorithm::kRs256)}));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->keys().size(), 2u);
  EXPECT_EQ(*set->Find(first.kid()), first);
  EXPECT_EQ(set->ignored(), std::vector<std::string>{"entry 1: an earlier entry has the same kid"});
  EXPECT_EQ(JwkSet::Of({first, PublicKey::FromJwk(impostor).value()}).keys().size(), 1u);
}

TEST(JwkSetTest, KeepsUnknownMembersOutOfTheWay) {
  std::string jwk = JwkOf(Algorithm::kEs256);
  jwk.insert(jwk.size() - 1, R"(,"x5c":["AAAA"],"nested":{"a":[{"b":null}]},"n":7)");
  const auto set = JwkSet::Parse(" \n{\"version\":3,\"keys\":[" + jwk + "],\"more\":{}}\n");
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->keys().size(), 1u);
}

TEST(JwkSetTest, RefusesADocumentThatIsNoKeySet) {
  const std::string good = SetOf({JwkOf(Algorithm::kEs256)});
  ASSERT_TRUE(JwkSet::Parse(good).ok());
  for (const std::string& json :
       {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
        std::string("{\"keys\":{}}"), std::string("{\"keys\":null}"), std::string("{\"Keys\":[]}"),
        good + "x", good + good, good.substr(1), "\xef\xbb\xbf" + good, good + std::string(1, '\0'),
        std::string("{\"keys\":[],\"keys\":[]}"), std::string("{\"keys\":[\"\xff\"]}"),
        std::string("{\"keys\":[],}"), std::string("{'keys':[]}"),
        std::string("{\"keys\":[] /* none */}"), std::string("<html>502</html>")}) {
    EXPECT_EQ(JwkSet::Parse(json).status().code(), absl::StatusCode::kInvalidArgument) << json;
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(JwkSet::Parse(good.substr(0, size)).ok()) << size;
}

TEST(JwkSetTest, AnEmptySetIsAKeySet) {
  const auto set = JwkSet::Parse("{\"keys\":[]}");
  ASSERT_TRUE(set.ok());
  EXPECT_TRUE(set->keys().empty());
}

TEST(JwkSetTest, BoundsWhatADocumentMayCost) {
  EXPECT_FALSE(JwkSet::Parse(SetOf(std::vector<std::string>(65, "{}"))).ok());
  EXPECT_TRUE(JwkSet::Parse(SetOf(std::vector<std::string>(64, "{}"))).ok());
  EXPECT_FALSE(JwkSet::Parse(SetOf({Quoted(std::string(JwkSet::kDocumentLimit, 'a'))})).ok());
  const auto nested = [](std::size_t deep) {
    return JwkSet::Parse("{\"keys\":[],\"deep\":" + std::string(deep, '[') +
                         std::string(deep, ']') + "}")
        .ok();
  };
  EXPECT_TRUE(nested(7));
  EXPECT_FALSE(nested(8));
  EXPECT_FALSE(nested(60'000));
  EXPECT_FALSE(JwkSet::Parse("{\"keys\":" + std::string(100'000, '[')).ok());
  std::string objects;
  for (int i = 0; i < 20'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(JwkSet::Parse("{\"keys\":[" + objects).ok());
  std::string many = "{\"kty\":\"EC\"";
  for (int i = 0; i < 5000; ++i) many += ",\"" + std::to_string(i) + "\":0";
  const auto set = JwkSet::Parse(SetOf({many + "}"}));
  ASSERT_TRUE(set.ok());
  EXPECT_EQ(set->ignored().size(), 1u);
}

TEST(JwkSetTest, EverySingleByteChangeIsRefusedOrReadsAsWellFormedKeys) {
  const std::string good = SetOf({JwkOf(Algorithm::kEs256), JwkOf(Algorithm::kEdDsa)});
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'\0', '"', 'A', '{', '\xff', '\\'}) {
      std::string changed = good;
      changed[i] = c;
      const auto set = JwkSet::Parse(changed);
      if (!set.ok()) continue;
      for (const PublicKey& key : set->keys()) EXPECT_TRUE(PublicKey::FromJwk(key.jwk()).ok());
    }
  }
}

}  // namespace
}  // namespace tokenforge::jose
