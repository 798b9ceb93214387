// Tokens that are no good, in masses: they cost little, and honest ones nothing.
#include <algorithm>
#include <cstdio>
#include <numeric>

#include "interceptors/token_verifier.h"
#include "interceptors/unknown_keys.h"
#include "lib/jose/base64url.h"
#include "tests/interceptors/facade_fixture.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using internal::RejectedTokens;
using internal::UnknownKeys;
using internal::Verdict;
using std::chrono::minutes;
using std::chrono::seconds;

// A good token's body under the name of a key that nobody has.
std::string Invented(const std::string& good, int i) {
  const std::string header =
      R"({"alg":"ES256","kid":"invented-)" + std::to_string(i) + R"(","typ":"at+jwt"})";
  return jose::base64url::Encode(header) + good.substr(good.find('.'));
}

// The value of a line of the metrics, such as `name{label="x"}`.
double Metric(const std::string& line) {
  const std::string text = MetricsText();
  const std::size_t at = text.find(line + " ");
  return at == std::string::npos ? 0 : std::stod(text.substr(at + line.size() + 1));
}
double CacheMetric(const std::string& result) {
  return Metric("tokenforge_token_cache_total{result=\"" + result + "\"}");
}

double Verifications(const std::string& result) {
  return Metric("tokenforge_token_verifications_total{result=\"" + result + "\"}");
}

class Junk : public WithFacade {
 protected:
  void StartBoth() {
    facade_.PublishKeys(tokens_.Jwks());
    StartFacade();
    StartGuard(FacadeOptions());
    ASSERT_TRUE(facade_.AwaitAcknowledged(1));
  }
  // Verifies honest tokens, one after each `junk` invented ones; their times, sorted.
  std::vector<std::chrono::nanoseconds> Honest(int rounds, int junk) {
    std::vector<std::chrono::nanoseconds> times;
    const std::string good = tokens_.Make();
    for (int i = 0; i < rounds; ++i) {
      for (int j = 0; j < junk; ++j) {
        const std::string bad = Invented(good, invented_++);
        EXPECT_EQ(ReasonOf(bad), reasons::TOKEN_UNKNOWN_KEY);
      }
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_TRUE(guard_->VerifyToken(good).ok());
      times.push_back(std::chrono::steady_clock::now() - begin);
    }
    std::sort(times.begin(), times.end());
    return times;
  }
  int invented_ = 0;
};

TEST_F(Junk, TenThousandInventedKeysCostOneLookUpInThirtySeconds) {
  StartBoth();
  const double good = Verifications("OK"), unknown = Verifications("TOKEN_UNKNOWN_KEY");
  const auto alone = Honest(1'000, 0), flooded = Honest(1'000, 10);
  EXPECT_EQ(Verifications("OK"), good + 2'000);
  EXPECT_EQ(Verifications("TOKEN_UNKNOWN_KEY"), unknown + 10'000);
  EXPECT_EQ(invented_, 10'000);
  const auto p99 = [](const auto& times) {
    return static_cast<double>(times[times.size() * 99 / 100].count()) / 1e3;
  };
  std::printf("honest verification, p99: %.2f us alone, %.2f us among 10,000 invented kids\n",
              p99(alone), p99(flooded));
  ASSERT_TRUE(facade_.Await([](const FakeFacade::Seen& seen) { return seen.questions == 1; }));
  clock_.Advance(seconds(30) - std::chrono::nanoseconds(1'000));
  Honest(10, 100);
  clock_.Advance(std::chrono::nanoseconds(1'000));
  Honest(10, 100);
  ASSERT_TRUE(facade_.Await([](const FakeFacade::Seen& seen) { return seen.questions == 2; }));
  // Whatever was asked for has been asked by now: the feed's thread does one thing after another.
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-bob")));
  EXPECT_EQ(facade_.seen().questions, 2);
  EXPECT_EQ(facade_.seen().opened.size(), 1u) << "the feed was not disturbed";
}

TEST_F(Junk, ALookUpInTheMidstOfAFloodFindsTheRealNewKey) {
  StartBoth();
  const Tokens next(clock_);
  // A feed that lags behind: only a look-up brings this key, beside the one of the honest tokens.
  facade_.PublishKeys(next.JwksBeside(tokens_), /*quietly=*/true);
  Honest(10, 10);  // and the flood itself asks for it
  ASSERT_TRUE(facade_.Await([](const FakeFacade::Seen& seen) { return seen.opened.size() == 2; }));
  EXPECT_TRUE(guard_->VerifyToken(next.Make()).ok());
}

TEST(UnknownKeys, OneKidIsNotLookedUpTwiceUntilKeysChangeOrFiveMinutesPass) {
  fakes::FakeClock clock;
  UnknownKeys keys;
  EXPECT_TRUE(keys.LookUp("a", 1, clock.SteadyNow()));
  EXPECT_FALSE(keys.Ready(clock.SteadyNow()));
  clock.Advance(UnknownKeys::kPause);
  EXPECT_TRUE(keys.Ready(clock.SteadyNow()));
  EXPECT_FALSE(keys.LookUp("a", 1, clock.SteadyNow())) << "in vain before";
  EXPECT_TRUE(keys.LookUp("b", 1, clock.SteadyNow()));
  clock.Advance(UnknownKeys::kPause);
  EXPECT_TRUE(keys.LookUp("a", 2, clock.SteadyNow())) << "the keys are others now";
  clock.Advance(UnknownKeys::kForgetAfter);
  EXPECT_TRUE(keys.LookUp("a", 2, clock.SteadyNow()));
}

TEST(RejectedTokens, EveryByteCountsAndLongOnesAreNotKept) {
  RejectedTokens rejected;
  const std::string token = "a.b." + std::string(100, 'c');
  EXPECT_FALSE(rejected.Find(token).has_value());
  EXPECT_FALSE(rejected.Find("").has_value());
  rejected.Insert(token, {reasons::TOKEN_BAD_SIGNATURE, 0, false, 7, {}});
  ASSERT_TRUE(rejected.Find(token).has_value());
  EXPECT_EQ(rejected.Find(token)->reason, reasons::TOKEN_BAD_SIGNATURE);
  EXPECT_EQ(rejected.Find(token)->version, 7u);
  EXPECT_FALSE(rejected.Find("x" + token.substr(1)).has_value())
      << "the same end, so the same slot";
  EXPECT_FALSE(rejected.Find("x" + token).has_value());
  const std::string longer(RejectedTokens::kMostBytes + 1, 'd');
  rejected.Insert(longer, {});
  EXPECT_FALSE(rejected.Find(longer).has_value());
}

// A verifier by itself.
class Rejecting : public ::testing::Test {
 protected:
  Rejecting() {
    TrustOptions options;
    options.clock = &clock_;
    trust_ = std::make_shared<Trust>(options);
    EXPECT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
    internal::VerifierOptions verifying;
    verifying.issuers.push_back(
        {*jose::ValidationPolicy::Create({kIssuer, {kAudience}}), {kAudience}, trust_, {}});
    verifying.cached_tokens = 64;
    verifier_ = std::make_unique<internal::TokenVerifier>(std::move(verifying));
  }
  std::optional<errors::Reason> ReasonOf(const std::string& token) {
    return errors::ReasonOf(verifier_->Verify(token, std::chrono::hours(24)).status());
  }
  // Whether a refusal came without another look at the signature.
  bool KnownFor(errors::Reason reason, const std::string& token) {
    const double rejected = CacheMetric("rejected"), miss = CacheMetric("miss");
    EXPECT_EQ(ReasonOf(token), reason);
    return CacheMetric("rejected") == rejected + 1 && CacheMetric("miss") == miss;
  }

  fakes::FakeClock clock_;
  Tokens tokens_{clock_};
  std::shared_ptr<Trust> trust_;
  std::unique_ptr<internal::TokenVerifier> verifier_;
};

TEST_F(Rejecting, ABadTokenThatIsRepeatedCostsOneSignature) {
  const std::pair<std::string, errors::Reason> bad[] = {
      {tokens_.Forged(), reasons::TOKEN_BAD_SIGNATURE},
      {tokens_.Expired(), reasons::TOKEN_EXPIRED},
      {tokens_.OfForeignIssuer(), reasons::TOKEN_WRONG_ISSUER},
      {tokens_.ForForeignAudience(), reasons::TOKEN_WRONG_AUDIENCE}};
  for (const auto& [token, reason] : bad) {
    EXPECT_FALSE(KnownFor(reason, token));
    EXPECT_TRUE(KnownFor(reason, token));
    EXPECT_TRUE(KnownFor(reason, token));
  }
  EXPECT_EQ(verifier_->cached_tokens(), 0u);
}

TEST_F(Rejecting, AVerdictEndsWithTheKeysThatItWasMadeOf) {
  const Tokens other(clock_);
  std::string renamed = other.Jwks();
  renamed.replace(renamed.find(other.kid()), other.kid().size(), tokens_.kid());
  ASSERT_TRUE(trust_->PublishKeys(renamed).ok());
  const std::string token = tokens_.Make();
  EXPECT_FALSE(KnownFor(reasons::TOKEN_BAD_SIGNATURE, token));
  EXPECT_TRUE(KnownFor(reasons::TOKEN_BAD_SIGNATURE, token));
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  EXPECT_EQ(ReasonOf(token), std::nullopt) << "its own key is there again";
}

TEST_F(Rejecting, ARevokedTokenIsKnownUntilAnythingChanges) {
  const std::string token = tokens_.Make();
  Revocation revocation;
  revocation.jti = "t-ada";
  revocation.end_time = clock_.Now() + minutes(16);
  trust_->AddRevocations({revocation});
  EXPECT_FALSE(KnownFor(reasons::TOKEN_REVOKED, token));
  EXPECT_TRUE(KnownFor(reasons::TOKEN_REVOKED, token));
  revocation.jti = "t-bob";
  trust_->AddRevocations({revocation});
  EXPECT_FALSE(KnownFor(reasons::TOKEN_REVOKED, token));
  trust_->ReplaceRevocations({});
  EXPECT_EQ(ReasonOf(token), std::nullopt) << "the source took it back";
}

TEST_F(Rejecting, AnExpiredTokenMayBeGoodAgainWhenTheClockIsSetBack) {
  const std::string token = tokens_.Make();
  clock_.Advance(minutes(16));
  EXPECT_FALSE(KnownFor(reasons::TOKEN_EXPIRED, token));
  EXPECT_TRUE(KnownFor(reasons::TOKEN_EXPIRED, token));
  clock_.Step(-minutes(10));
  EXPECT_EQ(ReasonOf(token), std::nullopt);
}

TEST_F(Rejecting, ATokenThatIsNotYetValidIsJudgedAnewEachTime) {
  const std::string token = tokens_.NotYetValid();
  EXPECT_FALSE(KnownFor(reasons::TOKEN_NOT_YET_VALID, token));
  EXPECT_FALSE(KnownFor(reasons::TOKEN_NOT_YET_VALID, token));
  clock_.Advance(minutes(5));
  EXPECT_EQ(ReasonOf(token), std::nullopt);
}

}  // namespace
}  // namespace tokenforge::testing
