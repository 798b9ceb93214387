// WatchJwks over real gRPC: the newest set at once, each later one, signs of life, and a clean end.
#include <gtest/gtest.h>

#include <thread>

#include "lib/errors/errors.h"
#include "tests/services/keys/service_fixture.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;

// The feed's own thread is not running: the tests say when there is a sign of life.
class JwksWatchTest : public ServiceFixture {
 protected:
  struct Watch {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<v1::WatchJwksResponse>> reader;
    v1::WatchJwksResponse Next() {
      v1::WatchJwksResponse message;
      EXPECT_TRUE(reader->Read(&message));
      return message;
    }
    absl::Status End() {
      v1::WatchJwksResponse message;
      while (reader->Read(&message)) {
      }
      return rpc::FromGrpc(reader->Finish());
    }
  };
  JwksWatchTest() { EXPECT_TRUE(keeper_.Refresh().ok()); }
  std::unique_ptr<Watch> Open(std::uint64_t known) {
    auto watch = std::make_unique<Watch>();
    v1::WatchJwksRequest request;
    request.set_known_version(known);
    watch->reader = stub_->WatchJwks(&watch->context, request);
    return watch;
  }
  std::uint64_t Version() const { return keeper_.Current()->version(); }
};

TEST_F(JwksWatchTest, BeginsWithTheSetThatIsNewToTheClient) {
  const auto watch = Open(0);
  const auto first = watch->Next();
  EXPECT_EQ(first.jwks(), keeper_.Current()->jwks());
  EXPECT_EQ(first.version(), Version());
}

TEST_F(JwksWatchTest, ClientThatIsUpToDateHearsThatTheStreamIsAlive) {
  const auto watch = Open(Version());
  const auto first = watch->Next();
  EXPECT_TRUE(first.jwks().empty());
  EXPECT_EQ(first.version(), Version());
}

TEST_F(JwksWatchTest, ClientThatIsAheadKeepsItsSet) {
  const auto watch = Open(Version() + 1);
  EXPECT_TRUE(watch->Next().jwks().empty());
  ASSERT_TRUE(cycle_.RevokeAll("test").ok());
  feed_.Drain();
  EXPECT_EQ(errors::ReasonOf(watch->End()), reasons::DRAINING);
}

TEST_F(JwksWatchTest, SendsEachLaterSet) {
  const auto watch = Open(0);
  watch->Next();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(cycle_.Rotate("test", false).ok());
    const auto news = watch->Next();
    EXPECT_EQ(news.version(), Version());
    EXPECT_EQ(news.jwks(), keeper_.Current()->jwks());
  }
}

TEST_F(JwksWatchTest, SendsWhatAnotherReplicaStored) {
  const auto watch = Open(0);
  watch->Next();
  KeyKeeper other(store_, keks_, clock_, {.algorithm = jose::Algorithm::kEs256});
  ASSERT_TRUE(other.Refresh().ok());
  ASSERT_TRUE(other.Change(WithNewNextKey(clock_), "test").ok());
  ASSERT_TRUE(cycle_.Tick().ok());
  EXPECT_EQ(watch->Next().jwks(), other.Current()->jwks());
}

TEST_F(JwksWatchTest, FastChangesAreSkippedNotQueued) {
  const auto watch = Open(0);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(cycle_.RevokeAll("test").ok());
  }
  std::uint64_t last = 0;
  while (last < Version()) {
    const std::uint64_t version = watch->Next().version();
    ASSERT_GT(version, last);
    last = version;
  }
}

TEST_F(JwksWatchTest, EndsWithDrainingAndLetsNoNewOneBegin) {
  const auto watch = Open(0);
  watch->Next();
  feed_.Drain();
  EXPECT_EQ(errors::ReasonOf(watch->End()), reasons::DRAINING);
  EXPECT_EQ(errors::ReasonOf(Open(0)->End()), reasons::DRAINING);
}

TEST_F(JwksWatchTest, ClientThatGoesAwayIsForgotten) {
  for (int i = 0; i < 20; ++i) {
    const auto watch = Open(0);
    watch->Next();
    watch->context.TryCancel();
    EXPECT_FALSE(watch->End().ok());
  }
  ASSERT_TRUE(cycle_.Rotate("test", false).ok());
}

class Beats final : public JwksFeed::Watcher {
 public:
  void OnNews() override {
    const sync::MutexLock lock(&mutex_);
    ++count_;
    changed_.NotifyAll();
  }
  void OnDrain() override {}
  void Await(int count) {
    const sync::MutexLock lock(&mutex_);
    while (count_ < count) changed_.Wait(&mutex_);
  }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  int count_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(JwksFeedTest, BeatsByItself) {
  JwksFeed feed(std::chrono::milliseconds(1));
  const auto watcher = std::make_shared<Beats>();
  ASSERT_TRUE(feed.Add(watcher));
  const std::uint64_t before = feed.pulse();
  feed.Start();
  watcher->Await(3);
  feed.Stop();
  EXPECT_GE(feed.pulse(), before + 3);
}

}  // namespace
}  // namespace tokenforge::keys
