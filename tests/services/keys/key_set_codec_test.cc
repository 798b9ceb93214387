#include "services/keys/key_set_codec.h"

#include <gtest/gtest.h>

#include "lib/jose/base64url.h"
#include "services/keys/key_set.h"
#include "services/keys/key_set_json.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {
namespace {

class CodecTest : public ::testing::Test {
 protected:
  // As somebody who knows the KEK could write it.
  std::string Authentic(const std::string& json) {
    const auto key = keks_.DeriveMacKey("one", "tokenforge/keys/v1 key set mac");
    return json + "\nmac one " + jose::base64url::Encode(secret::AsBytes(key.value().Sign(json)));
  }
  KeyEncryption keks_ = OneKek();
  KeySetRecord set_ = TwoKeys(keks_, 5);
  std::string value_ = Encode(set_, keks_).value();
};

TEST_F(CodecTest, ReadsBackWhatItWrote) {
  set_.keys[0].activate_time = Time(std::chrono::milliseconds(1'800'000'000'500));
  set_.keys[1].retire_time = Time(std::chrono::milliseconds(1'800'000'000'600));
  const KeySetRecord read = Decode(Encode(set_, keks_).value(), keks_).value();
  EXPECT_EQ(read.version, 5u);
  ASSERT_EQ(read.keys.size(), 2u);
  for (int i : {0, 1}) {
    EXPECT_EQ(read.keys[i].kid, set_.keys[i].kid);
    EXPECT_EQ(read.keys[i].algorithm, set_.keys[i].algorithm);
    EXPECT_EQ(read.keys[i].state, set_.keys[i].state);
    EXPECT_EQ(read.keys[i].create_time, set_.keys[i].create_time);
    EXPECT_EQ(read.keys[i].activate_time, set_.keys[i].activate_time);
    EXPECT_EQ(read.keys[i].retire_time, set_.keys[i].retire_time);
    EXPECT_EQ(OpenKey(read.keys[i], keks_)->kid(), set_.keys[i].kid);
  }
}

TEST_F(CodecTest, RefusesEveryChangedByte) {
  for (size_t i = 0; i < value_.size(); ++i) {
    std::string changed = value_;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ASSERT_FALSE(Decode(changed, keks_).ok()) << i;
  }
}

TEST_F(CodecTest, RefusesEveryTruncation) {
  for (size_t size = 0; size < value_.size(); ++size) {
    ASSERT_FALSE(Decode(value_.substr(0, size), keks_).ok()) << size;
  }
  EXPECT_FALSE(Decode(value_ + "A", keks_).ok());
  EXPECT_FALSE(Decode(value_ + "\n", keks_).ok());
}

TEST_F(CodecTest, TellsAMissingKekFromAWrongOne) {
  const absl::Status missing = Decode(value_, KeksOf("two:" + KekText('2'))).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(missing.message().find("'one'"), absl::string_view::npos);
  const absl::Status wrong = Decode(value_, KeksOf("one:" + KekText('2'))).status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kDataLoss);
}

TEST_F(CodecTest, RevokedKeyCannotBeMadeActiveByAWriterOfTheStore) {
  set_.keys[0].state = KeyState::kRevoked;
  std::string value = Encode(set_, keks_).value();
  const size_t at = value.find("\"revoked\"");
  ASSERT_NE(at, std::string::npos);
  value.replace(at, 9, "\"active\"");
  EXPECT_FALSE(Decode(value, keks_).ok());
}

TEST_F(CodecTest, PrivateKeysSwappedBetweenRecordsDoNotOpen) {
  std::swap(set_.keys[0].private_key, set_.keys[1].private_key);
  const KeySetRecord read = Decode(Encode(set_, keks_).value(), keks_).value();
  EXPECT_EQ(OpenKey(read.keys[0], keks_).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(KeySet::Open(read, keks_).ok());
}

TEST_F(CodecTest, KeyUnderAnotherAlgorithmDoesNotOpen) {
  set_.keys[0].algorithm = jose::Algorithm::kEs256;
  EXPECT_FALSE(OpenKey(set_.keys[0], keks_).ok());
}

TEST_F(CodecTest, AuthenticValueOfAnUnknownFormIsRefused) {
  const std::string json = WriteJson(set_);
  ASSERT_TRUE(Decode(Authentic(json), keks_).ok());
  const std::pair<std::string, std::string> changes[] = {
      {"\"format\":1", "\"format\":2"},
      {"\"version\":5", "\"version\":\"5\""},
      {"\"alg\":\"EdDSA\"", "\"alg\":\"HS256\""},
      {"\"state\":\"next\"", "\"state\":\"asleep\""},
      {"\"keys\":[", "\"keys\":[{},"},
      {"\"kek\":", "\"kex\":"},
      {"\"publish_version\":0", "\"publish_version\":\"0\""},
      {"\"create_ms\":", "\"made_ms\":"},
      {"]}", "]"},
  };
  for (const auto& [from, to] : changes) {
    std::string changed = json;
    const size_t at = changed.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    changed.replace(at, from.size(), to);
    EXPECT_EQ(Decode(Authentic(changed), keks_).status().code(), absl::StatusCode::kDataLoss) << to;
  }
}

TEST_F(CodecTest, VersionThatPublishedAKeyIsKept) {
  set_.keys[0].publish_version = (1ULL << 60) + 1;
  const KeySetRecord read = Decode(Encode(set_, keks_).value(), keks_).value();
  EXPECT_EQ(read.keys[0].publish_version, (1ULL << 60) + 1);
}

// Sets stored before the version was written: nobody can have acknowledged more than this set.
TEST_F(CodecTest, KeyThatDoesNotSayCountsAsPublishedWithItsSet) {
  std::string json = WriteJson(set_);
  for (size_t at; (at = json.find("\"publish_version\":0,")) != std::string::npos;) {
    json.erase(at, std::string_view("\"publish_version\":0,").size());
  }
  ASSERT_EQ(json.find("publish_version"), std::string::npos);
  const KeySetRecord read = Decode(Authentic(json), keks_).value();
  for (const KeyRecord& key : read.keys) EXPECT_EQ(key.publish_version, read.version);
}

TEST_F(CodecTest, SealedAnewEveryKeyIsTheSameUnderTheFirstKek) {
  const KeyEncryption both = KeksOf("two:" + KekText('2') + "\none:" + KekText('1'));
  const KeySetRecord after = Resealed(set_, both).value();
  EXPECT_EQ(after.version, set_.version + 1);
  const KeyEncryption second = KeksOf("two:" + KekText('2'));
  const KeySetRecord read = Decode(Encode(after, both).value(), second).value();
  for (const KeyRecord& key : read.keys) {
    EXPECT_EQ(OpenKey(key, second)->kid(), key.kid);
    EXPECT_FALSE(OpenKey(key, keks_).ok());
  }
}

TEST_F(CodecTest, ValueHoldsNoPrivateByte) {
  const jose::PrivateKey key = NewEdKey();
  set_.keys[0] = RecordOf(key, KeyState::kActive, keks_);
  const std::string value = Encode(set_, keks_).value();
  const secret::Secret der = key.ToPkcs8().value();
  const std::string_view raw = der.Expose().substr(der.size() - 32);  // RFC 8410: the seed is last
  EXPECT_EQ(value.find(raw), std::string::npos);
  EXPECT_EQ(value.find(jose::base64url::Encode(raw)), std::string::npos);
}

TEST_F(CodecTest, SetMustBeWhole) {
  EXPECT_TRUE(KeySet::Open(set_, keks_).ok());
  KeySetRecord no_active = set_;
  no_active.keys[0].state = KeyState::kRetired;
  EXPECT_FALSE(KeySet::Open(no_active, keks_).ok());
  KeySetRecord two_active = set_;
  two_active.keys[1].state = KeyState::kActive;
  EXPECT_FALSE(KeySet::Open(two_active, keks_).ok());
  KeySetRecord twice = set_;
  twice.keys[1] = twice.keys[0];
  twice.keys[1].state = KeyState::kNext;
  EXPECT_FALSE(KeySet::Open(twice, keks_).ok());
  EXPECT_FALSE(KeySet::Open({1, {}}, keks_).ok());
}

TEST_F(CodecTest, JwksHoldsNextActiveAndRetiredKeysAndNoRevokedOne) {
  set_.keys.push_back(RecordOf(NewEdKey(), KeyState::kRetired, keks_));
  set_.keys.push_back(RecordOf(NewEdKey(), KeyState::kRevoked, keks_));
  const auto set = KeySet::Open(set_, keks_).value();
  for (const KeyRecord& key : set_.keys) {
    EXPECT_EQ(set->jwks().find(key.kid) != std::string::npos, key.state != KeyState::kRevoked);
  }
  EXPECT_EQ(set->jwks().find("\"d\""), std::string::npos);
  EXPECT_EQ(set->active().kid(), set_.keys[0].kid);
}

}  // namespace
}  // namespace tokenforge::keys
