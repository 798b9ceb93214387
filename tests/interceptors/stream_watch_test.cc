// The watch over streams at its intended size.
#include "interceptors/stream_watch.h"

#include <gtest/gtest.h>

#include <cstdio>

#include "interceptors/token_verifier.h"
#include "tests/interceptors/tokens.h"

namespace tokenforge::internal {
namespace {

namespace reasons = errors::reasons;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::kAudience;
using testing::kIssuer;
using testing::Tokens;

constexpr int kStreams = 10'000;

class Watching : public ::testing::Test {
 protected:
  Watching() {
    TrustOptions options;
    options.clock = &clock_;
    trust_ = std::make_shared<Trust>(options);
    EXPECT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
    VerifierOptions verifying;
    verifying.issuers.push_back(
        {*jose::ValidationPolicy::Create({kIssuer, {kAudience}}), {kAudience}, trust_, {}});
    verifier_ = std::make_unique<TokenVerifier>(std::move(verifying));
    watch_ = std::make_unique<StreamWatch>(*verifier_);
  }
  StreamWatch::Stream Open(int i, std::chrono::seconds life) {
    VerifiedClaims claims;
    const std::string name = std::to_string(i);
    claims.subject = "u-" + name;
    claims.session_id = "s-" + name;
    claims.token_id = "t-" + name;
    claims.key_id = tokens_.kid();
    claims.issue_time = clock_.Now();
    claims.expire_time = clock_.Now() + life;
    const std::string jwk = trust_->state().keys()->keys().front().jwk();
    return watch_->Add(std::make_shared<const VerifiedToken>("token " + name, claims, jwk),
                       nullptr);
  }
  void RevokeSession(int i) {
    Revocation revocation;
    revocation.session_id = "s-" + std::to_string(i);
    revocation.end_time = clock_.Now() + minutes(16);
    trust_->AddRevocations({revocation});
  }
  static bool AwaitEnd(const OpenStream& stream) {
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (!stream.ended() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return stream.ended().has_value();
  }

  fakes::FakeClock clock_;
  Tokens tokens_{clock_};
  std::shared_ptr<Trust> trust_;
  std::unique_ptr<TokenVerifier> verifier_;
  std::unique_ptr<StreamWatch> watch_;
};

TEST_F(Watching, OneOfTenThousandStreamsIsFoundAndTheOthersAreLetBe) {
  std::vector<StreamWatch::Stream> streams;
  for (int i = 0; i < kStreams; ++i) streams.push_back(Open(i, minutes(15)));
  std::vector<double> took;
  for (int i = 0; i < 50; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    RevokeSession(i * 100);
    ASSERT_TRUE(AwaitEnd(*streams[static_cast<std::size_t>(i) * 100]));
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::sort(took.begin(), took.end());
  std::printf("revocation to the end of one of %d streams: p50 %.2f ms, worst of 50 %.2f ms\n",
              kStreams, took[25], took.back());
  for (int i = 0; i < kStreams; ++i) {
    const auto ended = streams[static_cast<std::size_t>(i)]->ended();
    ASSERT_EQ(ended.has_value(), i % 100 == 0 && i < 5'000) << i;
  }
  EXPECT_EQ(watch_->open(), kStreams - 50u);
}

TEST_F(Watching, EachEndsAtItsOwnTime) {
  const auto early = Open(1, minutes(5)), late = Open(2, minutes(10));
  clock_.Advance(minutes(5) + seconds(30));
  trust_->Confirm();
  ASSERT_TRUE(AwaitEnd(*early));
  EXPECT_EQ(early->ended(), reasons::TOKEN_EXPIRED);
  EXPECT_FALSE(late->ended());
  clock_.Advance(minutes(5));
  trust_->Confirm();
  ASSERT_TRUE(AwaitEnd(*late));
  EXPECT_EQ(watch_->open(), 0u);
}

TEST_F(Watching, WhatWasRevokedBeforeItCameIsEndedWhenItComes) {
  RevokeSession(7);
  const auto stream = Open(7, minutes(15));
  EXPECT_EQ(stream->ended(), reasons::TOKEN_REVOKED);
}

TEST_F(Watching, EndsOnceAndForOneReason) {
  const auto stream = Open(1, minutes(15));
  stream->End(reasons::TOKEN_REVOKED);
  stream->End(reasons::TOKEN_EXPIRED);
  EXPECT_EQ(stream->ended(), reasons::TOKEN_REVOKED);
  watch_->Remove(stream);
  watch_->Remove(stream);
  EXPECT_EQ(watch_->open(), 0u);
}

}  // namespace
}  // namespace tokenforge::internal
