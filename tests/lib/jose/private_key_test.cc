#include "lib/jose/private_key.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/lib/jose/issuer.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::jose {
namespace {

absl::StatusCode LoadOf(std::string_view der) {
  return PrivateKey::FromPkcs8(secret::Secret(der)).status().code();
}

TEST(PrivateKeyTest, SurvivesItsOwnPkcs8) {
  for (const Algorithm algorithm : kAlgorithms) {
    const auto der = KeyOf(algorithm).ToPkcs8();
    ASSERT_TRUE(der.ok()) << der.status();
    const auto loaded = PrivateKey::FromPkcs8(*der);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->algorithm(), algorithm);
    EXPECT_EQ(loaded->kid(), KeyOf(algorithm).kid());
    EXPECT_TRUE(loaded->ToPkcs8()->Equals(*der));
    EXPECT_TRUE(KeyOf(algorithm).public_key().Verify("text", loaded->Sign("text").value()));
  }
}

TEST(PrivateKeyTest, EveryNewKeyHasAKidOfItsOwn) {
  std::set<std::string> kids;
  for (int i = 0; i < 100; ++i) {
    kids.insert(PrivateKey::Generate(Algorithm::kEs256)->kid());
    kids.insert(PrivateKey::Generate(Algorithm::kEdDsa)->kid());
  }
  EXPECT_EQ(kids.size(), 200u);
}

TEST(PrivateKeyTest, RefusesSmallAndHugeRsaKeys) {
  EXPECT_EQ(PrivateKey::Generate(Algorithm::kRs256, 1024).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PrivateKey::Generate(Algorithm::kRs256, 2047).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(PrivateKey::Generate(Algorithm::kRs256, 1 << 20).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PrivateKeyTest, RefusesKeysThatMustNotSign) {
  for (const char* key : {vectors::kRsa1024Pkcs8, vectors::kP384Pkcs8, vectors::kX25519Pkcs8}) {
    EXPECT_EQ(LoadOf(base64url::Decode(key).value()), absl::StatusCode::kInvalidArgument);
  }
}

TEST(PrivateKeyTest, RefusesWhatIsNotExactlyPkcs8) {
  const auto secret = KeyOf(Algorithm::kEs256).ToPkcs8();
  const std::string der(secret->Expose());
  EXPECT_EQ(LoadOf(der), absl::StatusCode::kOk);
  EXPECT_EQ(LoadOf(""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(LoadOf("-----BEGIN PRIVATE KEY-----"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(LoadOf(der + '\0'), absl::StatusCode::kInvalidArgument);
  for (std::size_t size = 0; size < der.size(); ++size) {
    EXPECT_EQ(LoadOf(der.substr(0, size)), absl::StatusCode::kInvalidArgument) << size;
  }
}

TEST(PrivateKeyTest, ADamagedKeyIsRefusedOrIsStillTheSameKey) {
  for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEdDsa}) {
    const std::string der(KeyOf(algorithm).ToPkcs8()->Expose());
    for (std::size_t i = 0; i < der.size(); ++i) {
      std::string damaged = der;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
      const auto key = PrivateKey::FromPkcs8(secret::Secret::Take(std::move(damaged)));
      // Ed25519 derives its public half, so a damaged one is simply another key.
      if (key.ok() && algorithm == Algorithm::kEs256) {
        EXPECT_EQ(key->kid(), KeyOf(algorithm).kid()) << i;
      }
    }
  }
}

TEST(PrivateKeyTest, EcdsaNeverRepeatsItsNonce) {
  std::set<std::string> rs;
  for (int i = 0; i < 200; ++i)
    rs.insert(KeyOf(Algorithm::kEs256).Sign("same text")->substr(0, 32));
  EXPECT_EQ(rs.size(), 200u);
}

TEST(PrivateKeyTest, ThreadsShareOneKey) {
  for (const Algorithm algorithm : kAlgorithms) {
    std::vector<int> wrong(20, 0);  // more threads than a key keeps contexts for
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([algorithm, t, &mine = wrong[t]] {
        for (int i = 0; i < 10; ++i) {
          const std::string text = std::to_string(t) + ":" + std::to_string(i);
          const std::string signature = KeyOf(algorithm).Sign(text).value();
          mine += !KeyOf(algorithm).public_key().Verify(text, signature);
          mine += KeyOf(algorithm).public_key().Verify(text + "x", signature);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(wrong, std::vector<int>(wrong.size(), 0)) << Name(algorithm);
  }
}

TEST(PrivateKeyTest, AFailureLeavesTheNextVerificationAlone) {
  for (const Algorithm algorithm : kAlgorithms) {
    const PublicKey& key = KeyOf(algorithm).public_key();
    const std::string signature = KeyOf(algorithm).Sign("text").value();
    for (int i = 0; i < 3; ++i) {
      EXPECT_FALSE(key.Verify("text", std::string(signature.size(), '\x01')));
      EXPECT_TRUE(key.Verify("text", signature));
    }
  }
}

}  // namespace
}  // namespace tokenforge::jose
