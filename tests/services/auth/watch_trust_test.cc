// The trust feed as guards watch it: over mTLS, from the first message to the last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/services/auth/facade_fixture.h"
#include "tests/services/auth/watched_feed.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::ElementsAre;

class WatchTrustTest : public FacadeTest {
 protected:
  WatchTrustTest() : channel_(ChannelAs("example")) {}

  // What a revoking flow does with the answer of sessions.
  void Revoke(const std::string& session_id) {
    TrustHub::Revocations revocations;
    sessions::v1::Revocation& one = *revocations.Add();
    one.set_session_id(session_id);
    one.mutable_end_time()->set_seconds(
        std::chrono::duration_cast<std::chrono::seconds>(clock_.Now().time_since_epoch()).count() +
        900);
    hub_.Apply(revocations);
  }
  static std::vector<std::string> SessionsOf(
      const google::protobuf::RepeatedPtrField<v1::Revocation>& revocations) {
    std::vector<std::string> sessions;
    for (const auto& one : revocations) sessions.push_back(one.session_id());
    return sessions;
  }
  // The reason with which a stream ends that begins with this message.
  errors::Reason ReasonAfter(const v1::WatchTrustRequest& first) {
    WatchedFeed feed(channel_);
    feed.Write(first);
    feed.Read();
    return ReasonOf(feed.Finish());
  }

  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(WatchTrustTest, BeginsWithASnapshot) {
  Revoke("s1");
  WatchedFeed feed(channel_);
  const v1::TrustSnapshot snapshot = feed.Open().Read().snapshot();
  EXPECT_EQ(snapshot.jwks(), keys_.jwks());
  EXPECT_EQ(snapshot.issuer(), kIssuer);
  EXPECT_THAT(SessionsOf(snapshot.revocations()), ElementsAre("s1"));
  EXPECT_FALSE(snapshot.cursor().empty());
  EXPECT_GT(snapshot.version(), 0U);
}

TEST_F(WatchTrustTest, TellsEachRevocationAsAChange) {
  WatchedFeed feed(channel_);
  const std::uint64_t first = feed.Open().Read().snapshot().version();
  Revoke("s1");
  const v1::WatchTrustResponse::Change one = feed.ReadNews().change();
  EXPECT_THAT(SessionsOf(one.revocations()), ElementsAre("s1"));
  EXPECT_EQ(one.jwks(), "");
  EXPECT_GT(one.version(), first);
  Revoke("s2");
  const v1::WatchTrustResponse::Change two = feed.ReadNews().change();
  EXPECT_THAT(SessionsOf(two.revocations()), ElementsAre("s2"));
  EXPECT_GT(two.version(), one.version());
  EXPECT_NE(two.cursor(), one.cursor());
}

TEST_F(WatchTrustTest, TellsALogoutAlsoWhenTheSessionsFeedIsSilent) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  WatchedFeed feed(channel_);
  feed.Open().Read();
  ASSERT_TRUE(Logout(tokens.access_token()).ok());
  EXPECT_THAT(SessionsOf(feed.ReadNews().change().revocations()), ElementsAre(tokens.session_id()));
}

TEST_F(WatchTrustTest, TellsNewKeysWhole) {
  WatchedFeed feed(channel_);
  feed.Open().Read();
  keys_.Rotate();
  const v1::WatchTrustResponse::Change change = feed.ReadNews().change();
  EXPECT_EQ(change.jwks(), keys_.jwks());
  EXPECT_EQ(change.revocations_size(), 0);
}

TEST_F(WatchTrustTest, AnswersACurrentCursorWithAHeartbeat) {
  Revoke("s1");
  const v1::TrustSnapshot snapshot = WatchedFeed(channel_).Open().Read().snapshot();
  WatchedFeed feed(channel_);
  const v1::WatchTrustResponse first = feed.Open(snapshot.cursor()).Read();
  ASSERT_TRUE(first.has_heartbeat());
  EXPECT_EQ(first.heartbeat().version(), snapshot.version());
  EXPECT_GT(first.heartbeat().server_time().seconds(), 0);
}

TEST_F(WatchTrustTest, ResumesAtACursorWithWhatCameSince) {
  const v1::TrustSnapshot snapshot = WatchedFeed(channel_).Open().Read().snapshot();
  Revoke("s1");
  Revoke("s2");
  WatchedFeed feed(channel_);
  const v1::WatchTrustResponse first = feed.Open(snapshot.cursor()).Read();
  EXPECT_THAT(SessionsOf(first.change().revocations()), ElementsAre("s1", "s2"));
  EXPECT_EQ(first.change().cursor(), hub_.Snapshot()->cursor());
}

TEST_F(WatchTrustTest, AnswersACursorThatItDoesNotKnowWithASnapshot) {
  WatchedFeed feed(channel_);
  EXPECT_TRUE(feed.Open("00112233445566778899aabbccddeeff").Read().has_snapshot());
}

TEST_F(WatchTrustTest, AnswersACursorFromBeforeTheJournalWithASnapshot) {
  const v1::TrustSnapshot snapshot = WatchedFeed(channel_).Open().Read().snapshot();
  for (std::size_t i = 0; i <= kJournalSteps; ++i) Revoke("s" + std::to_string(i));
  WatchedFeed feed(channel_);
  const v1::WatchTrustResponse first = feed.Open(snapshot.cursor()).Read();
  EXPECT_EQ(first.snapshot().revocations_size(), static_cast<int>(kJournalSteps) + 1);
}

TEST_F(WatchTrustTest, SendsHeartbeatsWhileNothingChanges) {
  WatchedFeed feed(channel_);
  const std::uint64_t version = feed.Open().Read().snapshot().version();
  EXPECT_EQ(feed.Read().heartbeat().version(), version);
  EXPECT_EQ(feed.Read().heartbeat().version(), version);
}

TEST_F(WatchTrustTest, DropsASlowReaderToASnapshot) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP()
      << "each of the megabytes' words comes out of memory that gRPC wrote unseen, and looks "
         "like a race: ThreadSanitizer takes hours over them";
#endif
  // Far more than the windows between two processes take unread, so that the stream has to wait
  // while the journal runs on.
  const std::string large(100'000, 'x');
  constexpr std::size_t kRevocations = 200;
  WatchedFeed feed(channel_);
  feed.Open().Read();
  for (std::size_t i = 0; i < kRevocations; ++i) Revoke(std::to_string(i) + large);
  const std::uint64_t newest = hub_.Snapshot()->version();
  bool snapshot = false;
  std::size_t messages = 0;
  for (std::uint64_t version = 0; version < newest && messages < kRevocations; ++messages) {
    const v1::WatchTrustResponse news = feed.ReadNews();
    snapshot = snapshot || news.has_snapshot();
    version = news.has_snapshot() ? news.snapshot().version() : news.change().version();
  }
  EXPECT_TRUE(snapshot);
  EXPECT_LT(messages, kRevocations / 2);
}

TEST_F(WatchTrustTest, CountsGuardsAndWhatTheyHaveApplied) {
  WatchedFeed one(channel_);
  WatchedFeed two(channel_);
  const std::uint64_t version = one.Open("", "one").Read().snapshot().version();
  two.Open("", "two").Read();
  one.Acknowledge(version);
  ASSERT_TRUE(Eventually([&] { return guards_.Count(version).applied == 1; }));
  const GuardCount count = guards_.Count(version);
  EXPECT_EQ(count.connected, 2);
  EXPECT_EQ(count.least_version, 0U);
  EXPECT_THAT(count.behind, ElementsAre("two"));
}

TEST_F(WatchTrustTest, TakesAKnownCursorForAnAcknowledgement) {
  const v1::TrustSnapshot snapshot = WatchedFeed(channel_).Open().Read().snapshot();
  ASSERT_TRUE(Eventually([&] { return guards_.connected() == 0; }));
  WatchedFeed feed(channel_);
  feed.Open(snapshot.cursor()).Read();
  EXPECT_EQ(guards_.Count(snapshot.version()).applied, 1);
}

TEST_F(WatchTrustTest, ForgetsAGuardThatHasLeft) {
  {
    WatchedFeed feed(channel_);
    feed.Open().Read();
    EXPECT_EQ(guards_.connected(), 1);
  }
  EXPECT_TRUE(Eventually([&] { return guards_.connected() == 0 && fan_out_.streams() == 0; }));
}

TEST_F(WatchTrustTest, EndsWithAGuardThatHalfCloses) {
  WatchedFeed feed(channel_);
  feed.Open().Read();
  feed.WritesDone();
  while (feed.Read().message_case() != v1::WatchTrustResponse::MESSAGE_NOT_SET) {
  }
  EXPECT_TRUE(feed.Finish().ok());
}

TEST_F(WatchTrustTest, EndsWithDrainingAndTellsWhenToComeBack) {
  WatchedFeed feed(channel_);
  feed.Open().Read();
  fan_out_.Drain();
  EXPECT_EQ(feed.ReadNews().message_case(), v1::WatchTrustResponse::MESSAGE_NOT_SET);
  const grpc::Status end = feed.Finish();
  EXPECT_EQ(end.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(end), reasons::DRAINING);
  EXPECT_TRUE(errors::RetryAfterOf(rpc::FromGrpc(end)).has_value());
}

TEST_F(WatchTrustTest, BeginsNoStreamWhileDraining) {
  fan_out_.Drain();
  EXPECT_EQ(ReasonAfter({}), reasons::DRAINING);
}

TEST_F(WatchTrustTest, EndsAStreamThatDoesNotBeginWithOpen) {
  EXPECT_EQ(ReasonAfter({}), reasons::INVALID_FIELD);
  v1::WatchTrustRequest applied;
  applied.set_applied_version(1);
  EXPECT_EQ(ReasonAfter(applied), reasons::INVALID_FIELD);
  v1::WatchTrustRequest overlong;
  overlong.mutable_open()->set_guard_id(std::string(5000, 'g'));
  EXPECT_EQ(ReasonAfter(overlong), reasons::INVALID_FIELD);
}

TEST_F(WatchTrustTest, EndsAStreamThatNeverOpens) {
  WatchedFeed feed(channel_);
  feed.Read();
  EXPECT_EQ(feed.Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(WatchTrustTest, EndsAStreamThatOpensTwiceOrAcknowledgesTheFuture) {
  WatchedFeed twice(channel_);
  twice.Open().Read();
  twice.Open();
  EXPECT_EQ(twice.ReadNews().message_case(), v1::WatchTrustResponse::MESSAGE_NOT_SET);
  EXPECT_EQ(ReasonOf(twice.Finish()), reasons::INVALID_FIELD);
  WatchedFeed ahead(channel_);
  ahead.Acknowledge(ahead.Open().Read().snapshot().version() + 1);
  EXPECT_EQ(ahead.ReadNews().message_case(), v1::WatchTrustResponse::MESSAGE_NOT_SET);
  EXPECT_EQ(ReasonOf(ahead.Finish()), reasons::INVALID_FIELD);
}

TEST_F(WatchTrustTest, CarriesOneRevocationToManyGuards) {
  std::vector<std::unique_ptr<WatchedFeed>> feeds;
  for (int i = 0; i < 100; ++i) {
    feeds.push_back(std::make_unique<WatchedFeed>(channel_));
    ASSERT_TRUE(feeds.back()->Open().Read().has_snapshot());
  }
  Revoke("s1");
  for (const auto& feed : feeds) {
    EXPECT_THAT(SessionsOf(feed->ReadNews().change().revocations()), ElementsAre("s1"));
  }
}

}  // namespace
}  // namespace tokenforge::auth::testing
