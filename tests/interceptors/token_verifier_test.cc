// The verifier: what it remembers, what it checks again, and what it does without keys.
#include "interceptors/token_verifier.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/interceptors/tokens.h"

namespace tokenforge::internal {
namespace {

namespace reasons = errors::reasons;
using testing::kAudience;
using testing::kIssuer;
using testing::Tokens;

class Verifying : public ::testing::Test {
 protected:
  Verifying() { Start(1024); }
  void Start(std::size_t cached) {
    TrustOptions options;
    options.clock = &clock_;
    trust_ = std::make_shared<Trust>(options);
    VerifierOptions verifying;
    verifying.issuers.push_back(
        {*jose::ValidationPolicy::Create({kIssuer, {kAudience}}), {kAudience}, trust_, [this] {
           ++unknown_;
         }});
    verifying.cached_tokens = cached;
    verifier_ = std::make_unique<TokenVerifier>(std::move(verifying));
  }
  absl::StatusOr<TokenVerifier::Token> Verify(const std::string& token) {
    return verifier_->Verify(token, std::chrono::hours(24));
  }
  std::optional<errors::Reason> ReasonOf(const std::string& token) {
    return errors::ReasonOf(Verify(token).status());
  }

  fakes::FakeClock clock_;
  Tokens tokens_{clock_};
  std::atomic<int> unknown_ = 0;
  std::shared_ptr<Trust> trust_;
  std::unique_ptr<TokenVerifier> verifier_;
};

TEST_F(Verifying, WithoutKeysNothingVerifies) {
  EXPECT_EQ(ReasonOf(tokens_.Make()), reasons::TRUST_STALE);
  EXPECT_EQ(trust_->PublishKeys("{}").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(trust_->PublishKeys(R"({"keys":[]})").code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(trust_->PublishKeys(R"({"keys":[{"kty":"oct","kid":"a","k":"AAAA"}]})").code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(trust_->HasKeys());
  EXPECT_EQ(ReasonOf(tokens_.Make()), reasons::TRUST_STALE);
}

TEST_F(Verifying, ABadKeySetLeavesTheLastOne) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  EXPECT_FALSE(trust_->PublishKeys("not JSON").ok());
  EXPECT_TRUE(Verify(tokens_.Make()).ok());
}

TEST_F(Verifying, RemembersGoodTokensOnly) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  for (int i = 0; i < 100; ++i) {
    ReasonOf(tokens_.Forged());
    ReasonOf(tokens_.Expired());
    ReasonOf("x.y." + std::to_string(i));
  }
  EXPECT_EQ(verifier_->cached_tokens(), 0u);
  const std::string good = tokens_.Make();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Verify(good).ok());
  EXPECT_EQ(verifier_->cached_tokens(), 1u);
  // The same claims object comes back: nothing was verified again.
  EXPECT_EQ(*Verify(good), *Verify(good));
}

TEST_F(Verifying, ARevocationReachesATokenThatIsKnown) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  const std::string ada = tokens_.For("ada"), bob = tokens_.For("bob");
  ASSERT_TRUE(Verify(ada).ok() && Verify(bob).ok());
  Revocation revocation;
  revocation.jti = "t-ada";
  revocation.end_time = clock_.Now() + std::chrono::minutes(16);
  trust_->AddRevocations({revocation});
  EXPECT_EQ(ReasonOf(ada), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(ada), reasons::TOKEN_REVOKED);
  EXPECT_TRUE(Verify(bob).ok());
  EXPECT_EQ(verifier_->cached_tokens(), 1u) << "the revoked one gave its slot back";
}

TEST_F(Verifying, RevokingAKeyRefusesAllThatItSigned) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  const std::string token = tokens_.Make();
  ASSERT_TRUE(Verify(token).ok());
  Revocation revocation;
  revocation.kid = tokens_.kid();
  revocation.end_time = clock_.Now() + std::chrono::minutes(16);
  trust_->AddRevocations({revocation});
  EXPECT_EQ(ReasonOf(token), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
}

TEST_F(Verifying, AnotherKeyUnderTheSameKidDidNotSignWhatIsKnown) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  const std::string token = tokens_.Make();
  ASSERT_TRUE(Verify(token).ok());
  const Tokens other(clock_);
  std::string jwks = other.Jwks();
  jwks.replace(jwks.find(other.kid()), other.kid().size(), tokens_.kid());
  ASSERT_TRUE(trust_->PublishKeys(jwks).ok());
  EXPECT_EQ(ReasonOf(token), reasons::TOKEN_BAD_SIGNATURE);
}

TEST_F(Verifying, AnUnknownKeyIsAskedForAndAKnownOneIsNot) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  EXPECT_EQ(ReasonOf(tokens_.OfUnknownKey()), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_EQ(unknown_, 1);
  ReasonOf(tokens_.Make());
  ReasonOf(tokens_.Forged());
  EXPECT_EQ(unknown_, 1);
}

TEST_F(Verifying, WorksWithoutACache) {
  Start(0);
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  const std::string token = tokens_.Make();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(Verify(token).ok());
}

TEST_F(Verifying, ManyThreadsVerifyWhileTrustChanges) {
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (const char* name : {"ada", "bob", "eve"}) {
    threads.emplace_back([&, name, token = tokens_.For(name)] {
      while (!stop) {
        const auto claims = Verify(token);
        if (!claims.ok() || (*claims)->claims.subject != name) ++wrong;
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    Revocation revocation;
    revocation.jti = "of nobody " + std::to_string(i);
    revocation.end_time = clock_.Now() + std::chrono::minutes(16);
    trust_->AddRevocations({revocation});
    ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  }
  stop = true;
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace tokenforge::internal
