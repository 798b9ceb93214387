// What each kind of method does while the trust feed is away, at each instant, and after it is
// back.
#include "tests/interceptors/facade_fixture.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Mode = FakeFacade::Mode;
using Seen = FakeFacade::Seen;

class Stale : public WithFacade {
 protected:
  void Begin(std::chrono::seconds max_stale) {
    facade_.PublishKeys(tokens_.Jwks());
    StartFacade();
    GuardOptions options = FacadeOptions();
    options.max_stale = max_stale;
    StartGuard(std::move(options));
    ASSERT_TRUE(facade_.AwaitAcknowledged(1));
    ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-bob")));
    channel_ = Channel();
    lasting_ =
        tokens_.Make([](jose::AccessTokenClaims& claims) { claims.expire_time += hours(72); });
    StopFacade();
  }
  errors::Reason Say(const std::string& method, const std::string& token) {
    const Metadata metadata = token.empty() ? Metadata() : Bearer(token);
    return CallRaw(channel_, "/tokenforge.testing.v1.Calls/" + method, metadata, "").reason();
  }
  // `fresh` and others with a good token; and that what was revoked stays so.
  void Expect(errors::Reason fresh, errors::Reason others) {
    EXPECT_EQ(Say("Fresh", lasting_), fresh);
    for (const char* method : {"Unary", "Bidi"}) EXPECT_EQ(Say(method, lasting_), others);
    EXPECT_EQ(Say("Open", ""), kNone) << "needs no knowledge";
    EXPECT_EQ(Say("Unary", ""), reasons::TOKEN_MISSING);
    if (others == kNone) {
      const std::string bob = tokens_.For("bob");
      EXPECT_EQ(Say("Unary", bob), reasons::TOKEN_REVOKED);
      EXPECT_EQ(Say("Fresh", bob), reasons::TOKEN_REVOKED) << "its own fault comes first";
    }
  }
  // The feed comes back: what was missed is there, and it came as changes.
  void ExpectRecovery() {
    const std::uint64_t missed = facade_.RevokeSession("s-eve");
    StartFacade();
    ASSERT_TRUE(facade_.AwaitAcknowledged(missed));
    Expect(kNone, kNone);
    EXPECT_EQ(Say("Unary", tokens_.For("eve")), reasons::TOKEN_REVOKED);
    const Seen seen = facade_.seen();
    EXPECT_EQ(seen.snapshots, 1) << "one in all: the first";
    EXPECT_EQ(seen.opened.back().cursor(), "1:2");
    EXPECT_EQ(seen.questions, 0);
  }

  static constexpr errors::Reason kNone = reasons::REASON_UNSPECIFIED;
  std::shared_ptr<grpc::Channel> channel_;
  std::string lasting_;
};

TEST_F(Stale, FreshMethodsEndAfterThirtySecondsOthersAfterADayAndAllComeBack) {
  Begin(hours(24));
  Expect(kNone, kNone);
  clock_.Advance(seconds(30));
  Expect(kNone, kNone);
  clock_.Advance(milliseconds(1));
  Expect(reasons::TRUST_STALE, kNone);
  clock_.Advance(hours(12));
  Expect(reasons::TRUST_STALE, kNone);
  clock_.Advance(hours(12) - seconds(30) - milliseconds(1));
  Expect(reasons::TRUST_STALE, kNone);  // 24 h to the nanosecond
  clock_.Advance(std::chrono::nanoseconds(1'000'000));
  Expect(reasons::TRUST_STALE, reasons::TRUST_STALE);
  clock_.Advance(hours(24));
  Expect(reasons::TRUST_STALE, reasons::TRUST_STALE);
  EXPECT_TRUE(guard_->Ready()) << "it has keys: a restart would not bring it newer ones";
  ExpectRecovery();
}

TEST_F(Stale, ZeroIsForEver) {
  Begin(seconds(0));
  clock_.Advance(hours(48));
  Expect(reasons::TRUST_STALE, kNone);
  ExpectRecovery();
}

TEST_F(Stale, ItsAgeIsAMetric) {
  Begin(hours(24));
  clock_.Advance(seconds(31));
  const std::string text = MetricsText();
  EXPECT_NE(text.find("\ntokenforge_trust_feed_age_seconds 31\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\ntokenforge_revocations_live 1\n"), std::string::npos);
}

TEST_F(Stale, IsSaidAsUnavailableAndWorthRetrying) {
  Begin(hours(24));
  clock_.Advance(hours(25));
  const Outcome outcome = Call("Unary", lasting_);
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(outcome.reason(), reasons::TRUST_STALE);
  EXPECT_EQ(outcome.Trailer("www-authenticate"), "") << "it is no fault of the caller's token";
}

TEST_F(Stale, AHeartbeatAloneKeepsItFresh) {
  Begin(hours(24));
  StartFacade();
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.open == 1; }));
  clock_.Advance(seconds(31));
  Expect(reasons::TRUST_STALE, kNone);
  const std::size_t before = facade_.seen().acknowledged.size();
  facade_.Beat();
  ASSERT_TRUE(
      facade_.Await([before](const Seen& seen) { return seen.acknowledged.size() == before + 1; }));
  Expect(kNone, kNone);
}

TEST_F(Stale, AFacadeThatHearsNothingItselfDoesNotKeepItFresh) {
  Begin(hours(24));
  StartFacade();
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.open == 1; }));
  clock_.Advance(seconds(31));
  const std::size_t before = facade_.seen().acknowledged.size();
  facade_.Beat(/*stale=*/true);
  ASSERT_TRUE(
      facade_.Await([before](const Seen& seen) { return seen.acknowledged.size() == before + 1; }));
  Expect(reasons::TRUST_STALE, kNone);
  // An answer of GetTrust that nothing is new proves no more than that heartbeat.
  EXPECT_EQ(Say("Unary", tokens_.OfUnknownKey()), reasons::TOKEN_UNKNOWN_KEY);
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.questions == 1; }));
  const std::size_t opened = facade_.seen().opened.size();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  ASSERT_TRUE(facade_.Await([opened](const Seen& seen) { return seen.opened.size() > opened; }));
  Expect(reasons::TRUST_STALE, kNone);
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-eve")));
  Expect(kNone, kNone);
}

}  // namespace
}  // namespace tokenforge::testing
