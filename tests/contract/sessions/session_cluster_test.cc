// What only a cluster can get wrong about sessions: buckets on different nodes, and nodes that go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "lib/redis/key_slot.h"
#include "services/sessions/rate_limit_store_redis.h"
#include "services/sessions/rate_limits.h"
#include "tests/contract/sessions/cluster_body.h"

namespace tokenforge::sessions {
namespace {

using fakes::Finish;
using fakes::RedisCluster;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kBuckets = SessionStoreRedis::kBuckets;

int SlotOfBucket(int bucket) { return redis::SlotOf("{b" + std::to_string(bucket) + "}"); }

TEST(SessionsOnACluster, LieOnEveryPrimaryAndAreReadAndEndedTogether) {
  ClusterBody body{Policy()};
  fakes::FakeClock clock;
  std::set<int> primaries;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    primaries.insert(body.cluster().PrimaryOf(SlotOfBucket(bucket)));
  }
  ASSERT_THAT(primaries, SizeIs(RedisCluster::kPrimaries));
  std::vector<Session> sessions;
  for (int i = 0; i < 300; ++i) {
    sessions.push_back(NewSession(uuid::Uuid::Random(), NowOf(clock)));
    ASSERT_TRUE(Finish(body.store().Add(sessions.back(), MomentOf(clock))).ok());
  }
  for (const Session& session : sessions) {
    ASSERT_EQ(Finish(body.store().End(session.user, session.id, MomentOf(clock)))->sessions, 1);
  }
  EXPECT_THAT(WholeLog(body.store(), MomentOf(clock)), SizeIs(sessions.size()));
}

// Others move their slots on while a test runs: the log's place survives that.
TEST(SessionsOnACluster, LogIsReadOnWhileItsBucketsMove) {
  ClusterBody body{Policy()};
  fakes::FakeClock clock;
  RedisCluster& cluster = body.cluster();
  std::set<Revocation> seen;
  std::set<Revocation> made;
  LogCursor cursor;
  const auto read = [&] {
    const LogPage page = Finish(body.store().ReadLog(cursor, MomentOf(clock))).value();
    seen.insert(page.revocations.begin(), page.revocations.end());
    cursor = page.cursor;
  };
  for (int bucket = 0; bucket < kBuckets; bucket += 4) {
    const int slot = SlotOfBucket(bucket);
    const int from = cluster.PrimaryOf(slot);
    const auto move = cluster.MoveOf(slot, (from + 1) % RedisCluster::kPrimaries);
    for (int i = 0; i < 5; ++i) {
      const Session session = NewSession(uuid::Uuid::Random(), NowOf(clock));
      ASSERT_TRUE(Finish(body.store().Add(session, MomentOf(clock))).ok());
      const auto ended = Finish(body.store().EndAll(session.user, std::nullopt, MomentOf(clock)));
      ASSERT_TRUE(ended.ok()) << ended.status();
      made.insert(ended->revocations.begin(), ended->revocations.end());
      if (i == 2) cluster.MoveSlot(move);
      read();
    }
  }
  for (const Revocation& each : made) EXPECT_TRUE(seen.contains(each));
}

TEST(LimitsOnACluster, HoldWhereverTheirPartitionLies) {
  RedisCluster& cluster = fakes::SharedCluster();
  const auto client = redis::Open(fakes::As("sessions", fakes::OptionsFor(cluster.address())));
  RateLimitStoreRedis store(client.get());
  for (int i = 0; i < 50; ++i) {
    const std::string partition = "192.0.2." + std::to_string(i);
    const BucketShare account{"login_account", *RateLimits().Find("login_account"), "a", 1, false};
    const BucketShare address{"login_address", *RateLimits().Find("login_address"), "b", 1, false};
    const auto take = [&] {
      return Finish(store.Take(partition, {account, address},
                               {std::chrono::days(20000), fakes::In(seconds(30))}));
    };
    for (int taken = 0; taken < 5; ++taken) {
      const auto result = take();
      ASSERT_TRUE(result.ok()) << result.status();
      EXPECT_TRUE(result->allowed);
    }
    EXPECT_FALSE(take()->allowed);
  }
}

// Sessions that are refreshed without end, each by its owner, who tries again after a failure.
class Refreshers {
 public:
  Refreshers(SessionStore& store, int lanes) : store_(store) {
    for (int lane = 0; lane < lanes; ++lane) {
      Session session = NewSession(uuid::Uuid::Random(), NowOf(clock_));
      EXPECT_TRUE(Finish(store_.Add(session, MomentOf(clock_))).ok());
      lanes_.emplace_back([this, session] { Loop(session); });
    }
  }
  ~Refreshers() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& lane : lanes_) {
      if (lane.joinable()) lane.join();
    }
  }
  void AwaitMore(int64_t rotations) {
    const int64_t wanted = rotated_ + rotations;
    for (int64_t now = rotated_; now < wanted; now = rotated_) rotated_.wait(now);
  }
  int64_t failed() const { return failed_; }
  // What no owner must ever hear.
  std::map<Verdict, int> wrong() {
    const sync::MutexLock lock(&mutex_);
    return wrong_;
  }

 private:
  void Loop(const Session& session) {
    for (uint32_t generation = 1; !stop_;) {
      const auto answer = Finish(store_.Rotate(TokenOf(session, generation), MomentOf(clock_)));
      if (!answer.ok()) {
        ++failed_;
        continue;
      }
      if (answer->verdict == Verdict::kRotated || answer->verdict == Verdict::kRepeated) {
        ++generation;
        ++rotated_;
        rotated_.notify_all();
        continue;
      }
      const sync::MutexLock lock(&mutex_);
      ++wrong_[answer->verdict];
      return;
    }
  }

  SessionStore& store_;
  const fakes::FakeClock clock_;
  std::atomic<bool> stop_ = false;
  std::atomic<int64_t> rotated_ = 0;
  std::atomic<int64_t> failed_ = 0;
  sync::Mutex mutex_;
  std::map<Verdict, int> wrong_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> lanes_;
};

class SessionsOverAFailover : public ::testing::Test {
 protected:
  RedisCluster cluster_;
  std::unique_ptr<redis::Client> client_ =
      redis::Open(fakes::As("sessions", fakes::OptionsFor(cluster_.address())));
  SessionStoreRedis store_{client_.get(), Policy()};
  fakes::FakeClock clock_;
};

TEST_F(SessionsOverAFailover, RefreshesWaitItOutAndNobodyIsLoggedOut) {
  Refreshers refreshers(store_, 8);
  refreshers.AwaitMore(200);
  cluster_.Kill(0);
  cluster_.AwaitPrimaryOtherThan(0, 0);
  refreshers.AwaitMore(200);
  cluster_.Start(0);
  cluster_.AwaitWhole();
  for (int bucket = 0; bucket < kBuckets; bucket += 8) {
    const int slot = SlotOfBucket(bucket);
    const int from = cluster_.PrimaryOf(slot);
    const int to = cluster_.PrimaryOf((slot + redis::kSlots / 3) % redis::kSlots);
    cluster_.MoveSlot({slot, from, to});
  }
  refreshers.AwaitMore(200);
  refreshers.Stop();
  EXPECT_THAT(refreshers.wrong(), IsEmpty());
  EXPECT_EQ(refreshers.failed(), 0);
}

// The new primary's clock may lag, and its entries then sort before the place that was reached.
TEST_F(SessionsOverAFailover, LogIsReadAnewAlthoughNoReadFailed) {
  const Session session = NewSession(uuid::Uuid::Random(), NowOf(clock_));
  ASSERT_TRUE(Finish(store_.Add(session, MomentOf(clock_))).ok());
  ASSERT_TRUE(Finish(store_.End(session.user, session.id, MomentOf(clock_))).ok());
  const auto read = [&](const LogCursor& cursor) {
    return Finish(store_.ReadLog(cursor, MomentOf(clock_))).value();
  };
  LogPage page = read(read({}).cursor);
  ASSERT_THAT(page.revocations, IsEmpty());
  cluster_.Kill(0);
  page = read(page.cursor);  // waits for the successor
  page = read(page.cursor);
  EXPECT_THAT(page.revocations, SizeIs(1));
  EXPECT_THAT(read(page.cursor).revocations, IsEmpty());
}

}  // namespace
}  // namespace tokenforge::sessions
