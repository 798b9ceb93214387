// Signatures that others accepted: T6 to T8 of the security checklist, and every single changed
// byte.
#include <gtest/gtest.h>

#include <string>

#include "lib/jose/ecdsa_form.h"
#include "tests/lib/jose/issuer.h"

namespace tokenforge::jose {
namespace {

std::string TextFor(const PrivateKey& key) {
  return Unsigned(GoodHeader(key).Text(), GoodClaims().Text());
}
std::optional<Refusal> WithSignature(Algorithm algorithm, std::string_view signature) {
  return RefusalOf(TextFor(KeyOf(algorithm)) + '.' + base64url::Encode(signature));
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}

TEST(VerifierSignatureTest, PsychicSignaturesAreRefused) {
  const std::string zero(32, '\0'), one = std::string(31, '\0') + '\x01', most(32, '\xff');
  const std::string n = FromHex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
  std::string below = n, above = n;
  --below[31];
  ++above[31];
  const std::string p = FromHex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
  for (const std::string& r : {zero, one, below, n, above, p, most}) {
    for (const std::string& s : {zero, one, below, n, above, p, most}) {
      EXPECT_EQ(WithSignature(Algorithm::kEs256, r + s), Refusal::kBadSignature);
    }
  }
  // A right r or s does not help.
  const std::string right =
      KeyOf(Algorithm::kEs256).Sign(TextFor(KeyOf(Algorithm::kEs256))).value();
  ASSERT_EQ(WithSignature(Algorithm::kEs256, right), std::nullopt);
  for (const std::string& half : {zero, n, most}) {
    EXPECT_EQ(WithSignature(Algorithm::kEs256, right.substr(0, 32) + half), Refusal::kBadSignature);
    EXPECT_EQ(WithSignature(Algorithm::kEs256, half + right.substr(32)), Refusal::kBadSignature);
  }
}

TEST(VerifierSignatureTest, Es256TakesNoDer) {
  const std::string right =
      KeyOf(Algorithm::kEs256).Sign(TextFor(KeyOf(Algorithm::kEs256))).value();
  const auto der = DerFromJose(right);
  EXPECT_EQ(WithSignature(Algorithm::kEs256,
                          {reinterpret_cast<const char*>(der->bytes.data()), der->size}),
            Refusal::kBadSignature);
}

TEST(VerifierSignatureTest, EverySizeButTheRightOneIsRefused) {
  for (const Algorithm algorithm : kAlgorithms) {
    const std::string right = KeyOf(algorithm).Sign(TextFor(KeyOf(algorithm))).value();
    ASSERT_EQ(WithSignature(algorithm, right), std::nullopt);
    for (const std::size_t size : {0u, 1u, 31u, 32u, 63u, 64u, 65u, 96u, 128u, 255u, 256u, 257u,
                                   512u, 1024u, 1025u, 4096u, 5000u}) {
      if (size == right.size()) continue;
      std::string other = right;
      other.resize(size, '\0');
      EXPECT_EQ(WithSignature(algorithm, other), Refusal::kBadSignature)
          << Name(algorithm) << " " << size;
    }
    EXPECT_EQ(WithSignature(algorithm, '\0' + right), Refusal::kBadSignature);
    for (const std::size_t size : {16u * 1024, 24u * 1024, 32u * 1024}) {
      EXPECT_EQ(WithSignature(algorithm, std::string(size, '\x7f')), Refusal::kMalformed);
    }
  }
}

TEST(VerifierSignatureTest, RsaSignaturesAreBelowTheModulus) {
  EXPECT_EQ(WithSignature(Algorithm::kRs256, std::string(256, '\xff')), Refusal::kBadSignature);
  EXPECT_EQ(WithSignature(Algorithm::kRs256, std::string(256, '\0')), Refusal::kBadSignature);
  EXPECT_EQ(WithSignature(Algorithm::kRs256, std::string(255, '\0') + '\x01'),
            Refusal::kBadSignature);
}

TEST(VerifierSignatureTest, Ed25519TakesNoSecondFormOfS) {
  const std::string right =
      KeyOf(Algorithm::kEdDsa).Sign(TextFor(KeyOf(Algorithm::kEdDsa))).value();
  const std::string order =
      FromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");  // little-endian
  std::string malleable = right;
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(malleable[32 + i]) + static_cast<unsigned char>(order[i]);
    malleable[32 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  EXPECT_EQ(WithSignature(Algorithm::kEdDsa, malleable), Refusal::kBadSignature);
  EXPECT_EQ(WithSignature(Algorithm::kEdDsa, std::string(64, '\0')), Refusal::kBadSignature);
  EXPECT_EQ(WithSignature(Algorithm::kEdDsa, '\x01' + std::string(63, '\0')),
            Refusal::kBadSignature);
}

TEST(VerifierSignatureTest, EverySingleChangedBitOfATokenIsRefused) {
  for (const Algorithm algorithm : kAlgorithms) {
    const PrivateKey& key = KeyOf(algorithm);
    for (const std::string& header :
         {base64url::Encode(GoodHeader(key).Text()), key.public_key().header_segment()}) {
      const std::string token =
          SignWith(key, header + '.' + base64url::Encode(GoodClaims().Text()));
      ASSERT_EQ(RefusalOf(token), std::nullopt);
      for (std::size_t i = 0; i < token.size(); ++i) {
        for (const int bit : {0, 1, 5, 7}) {
          std::string changed = token;
          changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
          EXPECT_NE(RefusalOf(changed), std::nullopt)
              << Name(algorithm) << " byte " << i << " bit " << bit;
        }
      }
    }
  }
}

TEST(VerifierSignatureTest, EveryTruncationIsRefused) {
  const PrivateKey& key = KeyOf(Algorithm::kEdDsa);
  const std::string token = SignWith(key, TextFor(key));
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_NE(RefusalOf(token.substr(0, size)), std::nullopt) << size;
    EXPECT_NE(RefusalOf(token.substr(size + 1)), std::nullopt) << size;
  }
}

TEST(VerifierSignatureTest, PartsOfDifferentTokensDoNotMix) {
  const PrivateKey& key = KeyOf(Algorithm::kEs256);
  const std::string a = SignWith(key, TextFor(key));
  const std::string b = WithClaims(GoodClaims().Set("sub", "\"eve\"").Text());
  EXPECT_EQ(RefusalOf(a.substr(0, a.rfind('.')) + b.substr(b.rfind('.'))), Refusal::kBadSignature);
}

}  // namespace
}  // namespace tokenforge::jose
