// The trust feed: from keys and sessions, through the hub, to guards.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/services/auth/facade_fixture.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

class TrustServiceTest : public FacadeTest {
 protected:
  TrustServiceTest() : stub_(v1::TrustService::NewStub(ChannelAs("example"))) {}

  v1::GetTrustResponse GetTrust(const std::string& cursor = "") {
    grpc::ClientContext context;
    Prepare(context, "");
    v1::GetTrustRequest request;
    request.set_cursor(cursor);
    v1::GetTrustResponse response;
    const grpc::Status status = stub_->GetTrust(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  bool Revoked(const std::string& session_id) {
    const v1::TrustSnapshot snapshot = GetTrust().snapshot();
    return std::any_of(snapshot.revocations().begin(), snapshot.revocations().end(),
                       [&](const auto& one) { return one.session_id() == session_id; });
  }

  std::unique_ptr<v1::TrustService::Stub> stub_;
};

TEST_F(TrustServiceTest, GivesKeysIssuerAndTime) {
  const v1::GetTrustResponse answer = GetTrust();
  EXPECT_EQ(answer.snapshot().jwks(), keys_.jwks());
  EXPECT_EQ(answer.snapshot().issuer(), kIssuer);
  EXPECT_GT(answer.server_time().seconds(), 0);
}

TEST_F(TrustServiceTest, GivesNoSnapshotToWhoeverHasIt) {
  const std::string cursor = GetTrust().snapshot().cursor();
  const v1::GetTrustResponse again = GetTrust(cursor);
  EXPECT_FALSE(again.has_snapshot());
  EXPECT_GT(again.server_time().seconds(), 0);
  EXPECT_TRUE(GetTrust("unheard of").has_snapshot());
}

TEST_F(TrustServiceTest, HasALogoutFromItsAnswerOn) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  const std::string cursor = GetTrust().snapshot().cursor();
  ASSERT_TRUE(Logout(tokens.access_token()).ok());
  const v1::GetTrustResponse answer = GetTrust(cursor);
  ASSERT_TRUE(answer.has_snapshot());
  EXPECT_TRUE(Revoked(tokens.session_id()));
  EXPECT_GT(answer.snapshot().revocations(0).end_time().seconds(), answer.server_time().seconds());
}

TEST_F(TrustServiceTest, HearsRevocationsThatWereMadeElsewhere) {
  const v1::Tokens tokens = Register().tokens();
  sessions_.RevokeElsewhere(tokens.session_id());
  EXPECT_TRUE(Eventually([&] { return Revoked(tokens.session_id()); }));
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::TOKEN_REVOKED);
}

TEST_F(TrustServiceTest, ResumesABrokenFeedWhereItWas) {
  const v1::Tokens one = Register().tokens();
  const v1::Tokens two = Login();
  sessions_.RevokeElsewhere(one.session_id());
  ASSERT_TRUE(Eventually([&] { return Revoked(one.session_id()); }));
  sessions_.BreakStreams();
  ASSERT_TRUE(Eventually([&] { return sessions_.OpenedCursors().size() >= 2; }));
  EXPECT_EQ(sessions_.OpenedCursors().at(1), "1");
  sessions_.RevokeElsewhere(two.session_id());
  EXPECT_TRUE(Eventually([&] { return Revoked(two.session_id()); }));
  EXPECT_TRUE(Revoked(one.session_id()));
}

TEST_F(TrustServiceTest, GoesOnFromMemoryWhileKeysAndSessionsAreAway) {
  const v1::Tokens tokens = Register().tokens();
  const int streams = keys_.faults.Calls("WatchJwks");
  keys_.faults.Fail("WatchJwks", errors::Make(reasons::DEPENDENCY_DOWN, "away"));
  keys_.BreakStreams();
  sessions_.faults.Fail("WatchRevocations", errors::Make(reasons::DEPENDENCY_DOWN, "away"));
  sessions_.BreakStreams();
  ASSERT_TRUE(Eventually([&] {
    return keys_.faults.Calls("WatchJwks") > streams + 2 &&
           sessions_.faults.Calls("WatchRevocations") > 2;
  }));
  EXPECT_TRUE(WhoAmI(tokens.access_token()).ok());
  EXPECT_EQ(GetTrust().snapshot().jwks(), keys_.jwks());
  ASSERT_TRUE(Logout(tokens.access_token()).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::TOKEN_REVOKED);
}

TEST_F(TrustServiceTest, FollowsTheKeys) {
  const v1::Tokens old = Register().tokens();
  keys_.Rotate();
  ASSERT_TRUE(Eventually([&] { return GetTrust().snapshot().jwks() == keys_.jwks(); }));
  EXPECT_EQ(ReasonOf(WhoAmI(old.access_token())), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_TRUE(WhoAmI(Login().access_token()).ok());
}

TEST(TrustHub, TellsGuardsNothingBeforeItKnowsEverything) {
  const clock::SystemClock clock;
  TrustHub hub(kIssuer, std::make_shared<Trust>(), clock);
  FakeKeys keys(kIssuer);
  EXPECT_EQ(hub.Snapshot(), nullptr);
  ASSERT_TRUE(hub.PublishKeys(1, keys.jwks()).ok());
  EXPECT_EQ(hub.Snapshot(), nullptr);
  EXPECT_NE(hub.Keys(), nullptr);
  hub.Hear({});
  EXPECT_NE(hub.Snapshot(), nullptr);
}

class TrustHubTest : public ::testing::Test {
 protected:
  fakes::FakeClock clock_;
  FakeKeys keys_{kIssuer};
  TrustHub hub_{kIssuer, std::make_shared<Trust>(), clock_};
};

TEST_F(TrustHubTest, TakesNoOlderKeysThatComeLate) {
  const std::string old = keys_.jwks();
  keys_.Rotate();
  ASSERT_TRUE(hub_.PublishKeys(2, keys_.jwks()).ok());
  ASSERT_TRUE(hub_.PublishKeys(1, old).ok());
  EXPECT_EQ(hub_.Keys()->jwks, keys_.jwks());
  clock_.Advance(KeySuccession::kPatience);
  ASSERT_TRUE(hub_.PublishKeys(1, old).ok());  // the store has really gone back
  EXPECT_EQ(hub_.Keys()->jwks, old);
}

TEST_F(TrustHubTest, CallsItsListenerOnceForEachChange) {
  int calls = 0;
  hub_.OnNews([&] { ++calls; });
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  EXPECT_EQ(calls, 1);
  hub_.Hear({});
  EXPECT_EQ(calls, 2);  // from now on there is a state to tell
  hub_.Hear({});
  EXPECT_EQ(calls, 2);
}

TEST_F(TrustHubTest, SharesOneMessageAmongStreamsAtTheSameVersion) {
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  hub_.Hear({});
  const auto snapshot = hub_.Next(0, false);
  EXPECT_EQ(hub_.Next(0, false), snapshot);
  EXPECT_EQ(hub_.Next(snapshot->version, false), nullptr);
  keys_.Rotate();
  ASSERT_TRUE(hub_.PublishKeys(2, keys_.jwks()).ok());
  const auto change = hub_.Next(snapshot->version, true);
  EXPECT_EQ(hub_.Next(snapshot->version, false), change);
  EXPECT_EQ(change->version, snapshot->version + 1);
  EXPECT_NE(hub_.Next(0, false), snapshot);  // nobody is sent the former keys
  const auto beat = hub_.Next(change->version, true);
  EXPECT_EQ(hub_.Next(change->version, true), beat);
}

TEST_F(TrustHubTest, SaysInItsHeartbeatsThatItHearsNothingItself) {
  const auto beat = [&] {
    grpc::ByteBuffer bytes = *hub_.Next(hub_.Snapshot()->version(), true)->bytes;
    v1::WatchTrustResponse response;
    EXPECT_TRUE(
        grpc::SerializationTraits<v1::WatchTrustResponse>::Deserialize(&bytes, &response).ok());
    EXPECT_TRUE(response.has_heartbeat());
    return response.heartbeat();
  };
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  hub_.Hear({});
  clock_.Advance(std::chrono::seconds(15));
  EXPECT_FALSE(beat().stale());
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(beat().stale());
  hub_.Hear({});
  EXPECT_FALSE(beat().stale());
}

}  // namespace
}  // namespace tokenforge::auth::testing
