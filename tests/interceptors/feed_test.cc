// The trust feed as a guard hears it: what it applies, what it acknowledges, and how it goes on
// after every kind of interruption.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "interceptors/source.h"
#include "tests/interceptors/facade_fixture.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Mode = FakeFacade::Mode;
using Seen = FakeFacade::Seen;

class Feed : public WithFacade {
 protected:
  // A façade with keys, and a guard that has them.
  void StartBoth() {
    facade_.PublishKeys(tokens_.Jwks());
    StartFacade();
    StartGuard(FacadeOptions());
    ASSERT_TRUE(guard_->WaitUntilReady(seconds(30)));
    ASSERT_TRUE(facade_.AwaitAcknowledged(1));
  }
};

TEST_F(Feed, EachChangeIsEnforcedWhenItIsAcknowledged) {
  facade_.PublishKeys(tokens_.Jwks());
  const std::uint64_t first = facade_.RevokeSession("s-bob");
  StartFacade();
  StartGuard(FacadeOptions());
  ASSERT_TRUE(facade_.AwaitAcknowledged(first));
  EXPECT_TRUE(guard_->Ready());
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("ada")).ok());
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);

  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-ada")));
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED) << "a change replaces nothing";

  const Tokens next(clock_);
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.PublishKeys(next.Jwks())));
  EXPECT_EQ(ReasonOf(tokens_.For("eve")), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_TRUE(guard_->VerifyToken(next.For("eve")).ok());
  EXPECT_EQ(ReasonOf(next.For("bob")), reasons::TOKEN_REVOKED);

  const Seen seen = facade_.seen();
  EXPECT_EQ(seen.snapshots, 1);
  ASSERT_EQ(seen.opened.size(), 1u);
  EXPECT_EQ(seen.opened[0].cursor(), "");
  EXPECT_EQ(seen.opened[0].guard_id(), "pod-7");
  EXPECT_EQ(seen.opened[0].audience(), kAudience);
}

TEST_F(Feed, EveryKindOfRevocationArrives) {
  StartBoth();
  const auto end = [](auth::Revocation& revocation) {
    revocation.mutable_end_time()->set_seconds(4'000'000'000);
    return revocation;
  };
  auth::Revocation jti, user;
  jti.set_jti("t-ada");
  facade_.Revoke(end(jti));
  user.mutable_user_tokens()->set_user_id("bob");
  const auto now = std::chrono::system_clock::to_time_t(clock_.Now());
  user.mutable_user_tokens()->mutable_issued_before()->set_seconds(now);
  user.mutable_user_tokens()->mutable_issued_before()->set_nanos(1);
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.Revoke(end(user))));
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
  clock_.Advance(seconds(1));
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("bob")).ok()) << "logged in again since";
  auth::Revocation key;
  key.set_kid(tokens_.kid());
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.Revoke(end(key))));
  EXPECT_EQ(ReasonOf(tokens_.For("eve")), reasons::TOKEN_REVOKED);
}

TEST_F(Feed, GoesOnFromItsCursorWithoutAnotherSnapshot) {
  StartBoth();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.opened.size() >= 2; }));
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-ada")));
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(facade_.seen().opened.back().cursor(), "1:1");
  EXPECT_EQ(facade_.seen().snapshots, 1);
}

TEST_F(Feed, AFacadeThatForgotTheCursorAnswersWithASnapshot) {
  facade_.PublishKeys(tokens_.Jwks());
  StartFacade();
  StartGuard(FacadeOptions());
  auth::Revocation revocation;
  revocation.set_session_id("s-ada");
  revocation.mutable_end_time()->set_seconds(4'000'000'000);
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.Revoke(revocation)));
  facade_.Forget();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.snapshots == 2; }));
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-bob")));
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
}

// Another replica may be behind the one that was left, or cut off from what revokes.
TEST_F(Feed, ASnapshotThatKnowsLessTakesNoRevocationBack) {
  StartBoth();
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-ada")));
  facade_.ForgetRevocations();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.snapshots == 2; }));
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-bob")));
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("eve")).ok());
}

TEST_F(Feed, AHeartbeatIsAcknowledgedToo) {
  StartBoth();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  ASSERT_TRUE(
      facade_.Await([](const Seen& seen) { return seen.opened.size() >= 2 && seen.open == 1; }));
  const std::size_t before = facade_.seen().acknowledged.size();
  facade_.Beat();  // says for which version this stream stands; the guard has it
  ASSERT_TRUE(
      facade_.Await([before](const Seen& seen) { return seen.acknowledged.size() == before + 1; }));
  EXPECT_EQ(facade_.seen().last_acknowledged(), 1u);
}

TEST_F(Feed, KeysThatCannotBeUsedAreNotAcknowledgedAndCostNothingElse) {
  StartBoth();
  const std::uint64_t revoked = facade_.RevokeSession("s-bob");
  const std::uint64_t bad = facade_.PublishKeys(R"({"keys":[]})");
  // It comes back for the same again.
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.opened.size() >= 3; }));
  EXPECT_EQ(facade_.seen().opened.back().cursor(), "1:" + std::to_string(revoked));
  EXPECT_LT(facade_.seen().last_acknowledged(), bad);
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("ada")).ok());
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
  // A façade that has good ones again, and says so to newcomers.
  facade_.PublishKeys(tokens_.Jwks());
  facade_.Forget();
  ASSERT_TRUE(facade_.AwaitAcknowledged(bad + 1));
}

TEST_F(Feed, AFacadeThatComesUpLaterIsFound) {
  facade_.PublishKeys(tokens_.Jwks());
  StartFacade();  // to have a port that nobody else takes
  StopFacade();
  StartGuard(FacadeOptions());
  EXPECT_FALSE(guard_->Ready());
  EXPECT_EQ(ReasonOf(tokens_.Make()), reasons::TRUST_STALE);
  StartFacade();
  EXPECT_TRUE(guard_->WaitUntilReady(seconds(30)));
  EXPECT_TRUE(guard_->VerifyToken(tokens_.Make()).ok());
}

TEST_F(Feed, AnImpostorOfTheFacadeIsNotBelieved) {
  facade_.PublishKeys(tokens_.Jwks());
  StartFacade("stranger");  // a good certificate of our CA, and another name
  StartGuard(FacadeOptions());
  EXPECT_FALSE(guard_->WaitUntilReady(milliseconds(500)));
  EXPECT_TRUE(facade_.seen().opened.empty());
}

TEST_F(Feed, StopsAtOnceAlsoWhileTheFacadeHangs) {
  // A port that takes connections and never says a word.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 8), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  facade_port_ = ntohs(address.sin_port);
  StartGuard(FacadeOptions());
  const int connection = accept(listener, nullptr, nullptr);  // it is on its way
  server_.reset();
  guard_.reset();  // hangs the test if it waits for the network
  close(connection);
  close(listener);
}

// The source by itself, less patient than a guard's.
class Impatient : public Feed {
 protected:
  void Start(internal::FeedTimes times) {
    const rpc::TlsFiles files = TestTls("notes");
    internal::FacadeOptions options;
    options.address = "127.0.0.1:" + std::to_string(facade_port_);
    options.identity = "/auth";
    options.tls = {files.cert_file, files.key_file, files.ca_file};
    options.issuer = kIssuer;
    options.times = times;
    TrustOptions trust_options;
    trust_options.clock = &clock_;
    trust_ = std::make_shared<Trust>(trust_options);
    source_ = internal::MakeFacadeSource(options, trust_).value();
  }
  void TearDown() override {
    source_.reset();
    Feed::TearDown();
  }

  std::shared_ptr<Trust> trust_;
  std::unique_ptr<internal::Source> source_;
};

TEST_F(Impatient, ASilentFeedIsOpenedAgain) {
  facade_.PublishKeys(tokens_.Jwks());
  facade_.BeTold(Mode::kMute);  // takes the stream and says nothing on it
  StartFacade();
  internal::FeedTimes times;
  times.silence = milliseconds(200);
  Start(times);
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.opened.size() >= 2; }));
  facade_.BeTold(Mode::kServing);
  EXPECT_TRUE(facade_.AwaitAcknowledged(1));
  EXPECT_TRUE(trust_->HasKeys());
}

TEST_F(Impatient, AFacadeThatHearsNothingItselfIsLeft) {
  facade_.PublishKeys(tokens_.Jwks());
  StartFacade();
  internal::FeedTimes times;
  times.silence = milliseconds(200);
  Start(times);
  ASSERT_TRUE(facade_.AwaitAcknowledged(1));
  const auto give_up = std::chrono::steady_clock::now() + seconds(30);
  while (facade_.seen().opened.size() < 2 && std::chrono::steady_clock::now() < give_up) {
    facade_.Beat(/*stale=*/true);  // far more often than the guard's patience
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_GE(facade_.seen().opened.size(), 2u);
}

TEST_F(Impatient, AFacadeWithoutTheFeedIsAskedNowAndThenUntilItHasOne) {
  facade_.PublishKeys(tokens_.Jwks());
  facade_.BeTold(Mode::kWithoutFeed);
  StartFacade();
  internal::FeedTimes times;
  times.longest_pause = milliseconds(200);
  Start(times);
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.questions >= 2; }));
  EXPECT_TRUE(trust_->HasKeys());
  EXPECT_EQ(facade_.seen().snapshots, 0);
  facade_.BeTold(Mode::kServing);
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.open == 1; }));
  EXPECT_EQ(facade_.seen().opened.back().cursor(), "1:1");
}

TEST_F(Impatient, ALookUpBringsWhatTheFeedHasNotAndTheFeedGoesOnFromThere) {
  facade_.PublishKeys(tokens_.Jwks());
  StartFacade();
  Start({});
  ASSERT_TRUE(facade_.AwaitAcknowledged(1));
  const Tokens next(clock_);
  const std::uint64_t quiet = facade_.PublishKeys(next.Jwks(), /*quietly=*/true);
  source_->LookForNewKeys();
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.opened.size() == 2; }));
  EXPECT_EQ(facade_.seen().opened.back().cursor(), "1:" + std::to_string(quiet));
  EXPECT_EQ(facade_.seen().questions, 1);
  EXPECT_EQ(facade_.seen().snapshots, 1) << "none but the first by the feed";
  // Nothing new: the stream stays as it is.
  source_->LookForNewKeys();
  ASSERT_TRUE(facade_.Await([](const Seen& seen) { return seen.questions == 2; }));
  ASSERT_TRUE(facade_.AwaitAcknowledged(facade_.RevokeSession("s-ada")));
  EXPECT_EQ(facade_.seen().opened.size(), 2u);
}

}  // namespace
}  // namespace tokenforge::testing
