#include "services/keys/key_encryption.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/errors/errors.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {
namespace {

const secret::Secret kPlain("a private key");

TEST(KeyEncryption, OpensWhatItSealed) {
  const KeyEncryption keks = OneKek();
  const Sealed sealed = keks.Seal(kPlain, "kid").value();
  EXPECT_EQ(sealed.kek_id, "one");
  EXPECT_EQ(sealed.nonce.size(), 12u);
  EXPECT_EQ(sealed.bytes.size(), kPlain.size() + 16);
  EXPECT_EQ(sealed.bytes.find(kPlain.Expose()), std::string::npos);
  EXPECT_EQ(keks.Open(sealed, "kid")->Expose(), kPlain.Expose());
}

TEST(KeyEncryption, NeverUsesANonceTwice) {
  const KeyEncryption keks = OneKek();
  std::set<std::string> nonces;
  for (int i = 0; i < 1000; ++i) nonces.insert(keks.Seal(kPlain, "kid")->nonce);
  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(KeyEncryption, RefusesAnotherBinding) {
  const KeyEncryption keks = OneKek();
  const Sealed sealed = keks.Seal(kPlain, "kid-1").value();
  EXPECT_EQ(keks.Open(sealed, "kid-2").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(keks.Open(sealed, "").ok());
}

TEST(KeyEncryption, RefusesEveryChangedBit) {
  const KeyEncryption keks = OneKek();
  const Sealed sealed = keks.Seal(kPlain, "kid").value();
  for (size_t i = 0; i < sealed.bytes.size() * 8; ++i) {
    Sealed changed = sealed;
    changed.bytes[i / 8] = static_cast<char>(changed.bytes[i / 8] ^ (1 << i % 8));
    ASSERT_FALSE(keks.Open(changed, "kid").ok()) << i;
  }
  for (size_t i = 0; i < sealed.nonce.size() * 8; ++i) {
    Sealed changed = sealed;
    changed.nonce[i / 8] = static_cast<char>(changed.nonce[i / 8] ^ (1 << i % 8));
    ASSERT_FALSE(keks.Open(changed, "kid").ok()) << i;
  }
}

TEST(KeyEncryption, RefusesTruncatedBytes) {
  const KeyEncryption keks = OneKek();
  const Sealed sealed = keks.Seal(kPlain, "kid").value();
  for (size_t size = 0; size < sealed.bytes.size(); ++size) {
    Sealed cut = sealed;
    cut.bytes.resize(size);
    ASSERT_FALSE(keks.Open(cut, "kid").ok()) << size;
  }
  Sealed short_nonce = sealed;
  short_nonce.nonce.resize(11);
  EXPECT_FALSE(keks.Open(short_nonce, "kid").ok());
}

TEST(KeyEncryption, FirstKeySealsAndAllOpen) {
  const KeyEncryption before = KeksOf("old:" + KekText('1'));
  const KeyEncryption during = KeksOf("new:" + KekText('2') + "\nold:" + KekText('1'));
  const Sealed old = before.Seal(kPlain, "kid").value();
  EXPECT_TRUE(during.Open(old, "kid").ok());
  EXPECT_EQ(during.Seal(kPlain, "kid")->kek_id, "new");
}

TEST(KeyEncryption, UnknownKeyIsNamedSoThatItCanBeAddedBack) {
  const Sealed sealed = KeksOf("lost:" + KekText('1')).Seal(kPlain, "kid").value();
  const absl::Status status = OneKek().Open(sealed, "kid").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("'lost'"), absl::string_view::npos);
}

TEST(KeyEncryption, OtherKeyOfTheSameNameIsRefused) {
  const Sealed sealed = OneKek().Seal(kPlain, "kid").value();
  const absl::Status status = KeksOf("one:" + KekText('2')).Open(sealed, "kid").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("another key of that name"), absl::string_view::npos);
}

TEST(KeyEncryption, FileMayHoldCommentsAndBlanks) {
  const KeyEncryption keks =
      KeksOf("# made 2026\n\n  new: " + KekText('2') + " \r\nold\t" + KekText('1') + "\n");
  EXPECT_EQ(keks.first_id(), "new");
  EXPECT_TRUE(keks.Authenticate("x", "old").ok());
}

TEST(KeyEncryption, EveryBadLineIsNamedByNumberAndNothingOfItIsTold) {
  const std::string secret_text = KekText('7');
  const std::string lines = "good:" + KekText('1') + "\nno separator\nb@d:" + secret_text +
                            "\nshort:" + secret_text.substr(4) + "\ngood:" + secret_text +
                            "\nlong:" + secret_text + secret_text + "\n:" + secret_text +
                            "\nnopad:" + secret_text.substr(0, 43) + "A\n";
  const absl::Status status = KeyEncryption::FromText(secret::Secret(lines), "kek.keys").status();
  EXPECT_EQ(errors::FaultsOf(status).size(), 7u) << status;
  EXPECT_NE(status.message().find("kek.keys line 2"), absl::string_view::npos);
  EXPECT_NE(status.message().find("kek.keys line 8"), absl::string_view::npos);
  const std::string told = status.ToString();
  EXPECT_EQ(told.find(secret_text.substr(0, 8)), std::string::npos);
}

TEST(KeyEncryption, FileWithoutAKeyIsRefused) {
  EXPECT_FALSE(KeyEncryption::FromText(secret::Secret("# nothing\n"), "kek").ok());
  EXPECT_FALSE(KeyEncryption::FromFile("/nowhere/kek").ok());
}

TEST(KeyEncryption, MacDependsOnTextAndKey) {
  const KeyEncryption keks = KeksOf("a:" + KekText('1') + "\nb:" + KekText('2'));
  const std::string mac = keks.Authenticate("text", "a").value();
  EXPECT_TRUE(keks.CheckAuthentic("text", "a", mac).ok());
  EXPECT_FALSE(keks.CheckAuthentic("text2", "a", mac).ok());
  EXPECT_FALSE(keks.CheckAuthentic("text", "b", mac).ok());
  EXPECT_FALSE(keks.CheckAuthentic("text", "a", "").ok());
  EXPECT_FALSE(keks.CheckAuthentic("text", "c", mac).ok());
}

}  // namespace
}  // namespace tokenforge::keys
