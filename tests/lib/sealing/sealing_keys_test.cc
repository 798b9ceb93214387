#include "lib/sealing/sealing_keys.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "lib/errors/errors.h"

namespace tokenforge::sealing {
namespace {

// base64 of 32 times this byte.
std::string KeyText(char byte) { return absl::Base64Escape(std::string(32, byte)); }

SealingKeys KeysOf(const std::string& lines) {
  return SealingKeys::FromText(secret::Secret(lines), "keys").value();
}

SealingKeys OneKey() { return KeysOf("one:" + KeyText('1') + "\n"); }

const secret::Secret kPlain("a private key");

TEST(SealingKeys, OpensWhatItSealed) {
  const SealingKeys keys = OneKey();
  const Sealed sealed = keys.Seal(kPlain, "kid").value();
  EXPECT_EQ(sealed.key_id, "one");
  EXPECT_EQ(sealed.nonce.size(), 12u);
  EXPECT_EQ(sealed.bytes.size(), kPlain.size() + 16);
  EXPECT_EQ(sealed.bytes.find(kPlain.Expose()), std::string::npos);
  EXPECT_EQ(keys.Open(sealed, "kid")->Expose(), kPlain.Expose());
}

TEST(SealingKeys, NeverUsesANonceTwice) {
  const SealingKeys keys = OneKey();
  std::set<std::string> nonces;
  for (int i = 0; i < 1000; ++i) nonces.insert(keys.Seal(kPlain, "kid")->nonce);
  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(SealingKeys, RefusesAnotherBinding) {
  const SealingKeys keys = OneKey();
  const Sealed sealed = keys.Seal(kPlain, "kid-1").value();
  EXPECT_EQ(keys.Open(sealed, "kid-2").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(keys.Open(sealed, "").ok());
}

TEST(SealingKeys, RefusesEveryChangedBit) {
  const SealingKeys keys = OneKey();
  const Sealed sealed = keys.Seal(kPlain, "kid").value();
  for (size_t i = 0; i < sealed.bytes.size() * 8; ++i) {
    Sealed changed = sealed;
    changed.bytes[i / 8] = static_cast<char>(changed.bytes[i / 8] ^ (1 << i % 8));
    ASSERT_FALSE(keys.Open(changed, "kid").ok()) << i;
  }
  for (size_t i = 0; i < sealed.nonce.size() * 8; ++i) {
    Sealed changed = sealed;
    changed.nonce[i / 8] = static_cast<char>(changed.nonce[i / 8] ^ (1 << i % 8));
    ASSERT_FALSE(keys.Open(changed, "kid").ok()) << i;
  }
}

TEST(SealingKeys, RefusesTruncatedBytes) {
  const SealingKeys keys = OneKey();
  const Sealed sealed = keys.Seal(kPlain, "kid").value();
  for (size_t size = 0; size < sealed.bytes.size(); ++size) {
    Sealed cut = sealed;
    cut.bytes.resize(size);
    ASSERT_FALSE(keys.Open(cut, "kid").ok()) << size;
  }
  Sealed short_nonce = sealed;
  short_nonce.nonce.resize(11);
  EXPECT_FALSE(keys.Open(short_nonce, "kid").ok());
}

TEST(SealingKeys, FirstKeySealsAndAllOpen) {
  const SealingKeys before = KeysOf("old:" + KeyText('1'));
  const SealingKeys during = KeysOf("new:" + KeyText('2') + "\nold:" + KeyText('1'));
  const Sealed old = before.Seal(kPlain, "kid").value();
  EXPECT_TRUE(during.Open(old, "kid").ok());
  EXPECT_EQ(during.Seal(kPlain, "kid")->key_id, "new");
}

TEST(SealingKeys, UnknownKeyIsNamedSoThatItCanBeAddedBack) {
  const Sealed sealed = KeysOf("lost:" + KeyText('1')).Seal(kPlain, "kid").value();
  const absl::Status status = OneKey().Open(sealed, "kid").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("'lost'"), absl::string_view::npos);
}

TEST(SealingKeys, OtherKeyOfTheSameNameIsRefused) {
  const Sealed sealed = OneKey().Seal(kPlain, "kid").value();
  const absl::Status status = KeysOf("one:" + KeyText('2')).Open(sealed, "kid").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("another key of that name"), absl::string_view::npos);
}

TEST(SealingKeys, FileMayHoldCommentsAndBlanks) {
  const SealingKeys keys =
      KeysOf("# made 2026\n\n  new: " + KeyText('2') + " \r\nold\t" + KeyText('1') + "\n");
  EXPECT_EQ(keys.first_id(), "new");
  EXPECT_TRUE(keys.DeriveMacKey("old", "x").ok());
}

TEST(SealingKeys, EveryBadLineIsNamedByNumberAndNothingOfItIsTold) {
  const std::string secret_text = KeyText('7');
  const std::string lines = "good:" + KeyText('1') + "\nno separator\nb@d:" + secret_text +
                            "\nshort:" + secret_text.substr(4) + "\ngood:" + secret_text +
                            "\nlong:" + secret_text + secret_text + "\n:" + secret_text +
                            "\nnopad:" + secret_text.substr(0, 43) + "A\n";
  const absl::Status status = SealingKeys::FromText(secret::Secret(lines), "seal.keys").status();
  EXPECT_EQ(errors::FaultsOf(status).size(), 7u) << status;
  EXPECT_NE(status.message().find("seal.keys line 2"), absl::string_view::npos);
  EXPECT_NE(status.message().find("seal.keys line 8"), absl::string_view::npos);
  const std::string told = status.ToString();
  EXPECT_EQ(told.find(secret_text.substr(0, 8)), std::string::npos);
}

TEST(SealingKeys, FileWithoutAKeyIsRefused) {
  EXPECT_FALSE(SealingKeys::FromText(secret::Secret("# nothing\n"), "keys").ok());
  EXPECT_FALSE(SealingKeys::FromFile("/nowhere/keys").ok());
}

TEST(SealingKeys, MacDependsOnTextKeyAndPurpose) {
  const SealingKeys keys = KeysOf("a:" + KeyText('1') + "\nb:" + KeyText('2'));
  const secret::Digest mac = keys.DeriveMacKey("a", "sign").value().Sign("text");
  const auto verifies = [&](const char* id, const char* purpose, const char* text) {
    return keys.DeriveMacKey(id, purpose).value().Verify(text, secret::AsBytes(mac));
  };
  EXPECT_TRUE(verifies("a", "sign", "text"));
  EXPECT_FALSE(verifies("a", "sign", "text2"));
  EXPECT_FALSE(verifies("b", "sign", "text"));
  EXPECT_FALSE(verifies("a", "sign2", "text"));
  EXPECT_FALSE(keys.DeriveMacKey("c", "sign").ok());
}

TEST(SealedText, ComesBackWhateverTheBytesAndTheKeysIdAre) {
  const SealingKeys keys = KeysOf("2026.11.key:" + KeyText('1'));
  for (int i = 0; i < 100; ++i) {
    const Sealed sealed = keys.Seal(kPlain, "bound").value();
    const std::optional<Sealed> read = Sealed::FromText(sealed.ToText());
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key_id, "2026.11.key");
    EXPECT_EQ(keys.Open(*read, "bound")->Expose(), kPlain.Expose());
  }
}

TEST(SealedText, IsRefusedWhenItIsNotOfThatForm) {
  for (const char* text : {"", ".", "..", "one.AAAA", "one.AA*A.AAAA", "one.AAAA.AA A*"}) {
    EXPECT_FALSE(Sealed::FromText(text)) << text;
  }
}

}  // namespace
}  // namespace tokenforge::sealing
