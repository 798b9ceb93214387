// The client of a cluster whose nodes die, stop, and come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "lib/redis/key_slot.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/redis_cluster.h"
#include "tests/lib/redis/traffic.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::ConnectionLog;
using fakes::In;
using fakes::OptionsFor;
using fakes::RedisCluster;
using fakes::Traffic;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace reasons = errors::reasons;

const Script& Put() {
  static const auto& script =
      *new Script("put", "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]");
  return script;
}

Command PutOf(const std::string& key, const std::string& value) {
  const std::vector<std::string> keys = {key};
  const std::vector<std::string> arguments = {value};
  return Command(Put(), keys, arguments);
}

// Writes all over the cluster, each of which may be repeated.
Traffic WritesTo(Client& client) {
  return Traffic(client, 6, seconds(60), [](int lane, int64_t n) {
    return PutOf(std::to_string(lane) + "/" + std::to_string(n % 100), std::to_string(n));
  });
}

class ClusterFaultsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { cluster_ = new RedisCluster(); }
  static void TearDownTestSuite() {
    delete cluster_;
    cluster_ = nullptr;
  }
  void SetUp() override {
    cluster_->AwaitWhole();
    client_ = Open(OptionsFor(cluster_->address()), &log_);
    ASSERT_TRUE(Ask(*client_, PutOf("foo", "before")).ok());
    primary_ = cluster_->PrimaryOf(kSlot);
  }

  std::string KeyAtAnotherPrimary() {
    for (int i = 0;; ++i) {
      const std::string key = "other" + std::to_string(i);
      if (cluster_->PrimaryOf(SlotOf(key)) != primary_) return key;
    }
  }

  const int kSlot = SlotOf("foo");
  static RedisCluster* cluster_;
  ConnectionLog log_;
  std::unique_ptr<Client> client_;
  int primary_ = -1;  // of "foo"
};
RedisCluster* ClusterFaultsTest::cluster_ = nullptr;

TEST_F(ClusterFaultsTest, AKilledPrimaryCostsTimeAndNoScript) {
  auto traffic = WritesTo(*client_);
  traffic.AwaitMore(50);
  cluster_->Kill(primary_);
  cluster_->AwaitPrimaryOtherThan(primary_, kSlot);
  traffic.AwaitMore(50);
  cluster_->Start(primary_);
  cluster_->AwaitWhole();
  traffic.AwaitMore(50);
  traffic.Stop();
  EXPECT_THAT(traffic.failures(), IsEmpty());
  EXPECT_TRUE(client_->Connected());
}

TEST_F(ClusterFaultsTest, WhatIsInFlightIsRunAgainOnlyIfItMayBe) {
  ASSERT_TRUE(Ask(*client_, Command({"SET", "{foo}count", "0"})).ok());
  const Command elsewhere({"GET", KeyAtAnotherPrimary()});
  cluster_->Pause(primary_);
  auto script = AskLater(*client_, PutOf("foo", "after"), In(seconds(60)));
  auto plain = AskLater(*client_, Command({"INCR", "{foo}count"}), In(seconds(60)));
  auto read = AskLater(*client_, Command({"GET", "{foo}count"}), In(seconds(60)));
  // Commands go out in their order: with this answer from another primary, those three have gone.
  ASSERT_TRUE(Ask(*client_, elsewhere).ok());
  cluster_->Kill(primary_);
  const auto lost = plain.get();
  EXPECT_EQ(ReasonOf(lost.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(std::string(lost.status().message()), HasSubstr("may have run"));
  // What was not sent yet waits for the next primary; it has a minute.
  const auto later = Ask(*client_, Command({"INCR", "{foo}count"}), seconds(60));
  ASSERT_TRUE(later.ok()) << later.status();
  EXPECT_EQ(*later->AsInteger(), 1);
  EXPECT_EQ(*script.get()->AsBytes(), "after");
  EXPECT_TRUE(read.get().ok());
  EXPECT_EQ(*Ask(*client_, Command({"GET", "foo"}))->AsBytes(), "after");
  cluster_->Start(primary_);
}

// A primary that only hangs keeps its connections. Its successor answers, and what the one that
// wakes says is not listened to any more.
TEST_F(ClusterFaultsTest, AStoppedPrimaryIsLeftForItsSuccessor) {
  cluster_->Pause(primary_);
  auto waiting = AskLater(*client_, PutOf("foo", "written while it slept"), In(seconds(60)));
  const auto answered = waiting.get();
  ASSERT_TRUE(answered.ok()) << answered.status();
  const int successor = cluster_->AwaitPrimaryOtherThan(primary_, kSlot);
  EXPECT_EQ(cluster_->Ask(successor, {"GET", "foo"}).AsBytes().value(), "written while it slept");
  cluster_->Resume(primary_);
  cluster_->AwaitWhole();
  EXPECT_EQ(*Ask(*client_, Command({"GET", "foo"}))->AsBytes(), "written while it slept");
}

TEST_F(ClusterFaultsTest, WhatAHangingPrimaryOwesIsAskedOfItsSuccessor) {
  cluster_->Pause(primary_);
  std::vector<std::future<absl::StatusOr<Reply>>> owed;
  for (int i = 0; i < 3000; ++i) {
    owed.push_back(AskLater(*client_, Command({"GET", "foo"}), In(seconds(60))));
  }
  for (auto& reply : owed) {
    const auto answer = reply.get();
    ASSERT_TRUE(answer.ok()) << answer.status();
  }
  cluster_->Resume(primary_);
}

TEST_F(ClusterFaultsTest, AHangingPrimaryDoesNotUseUpWhatTheOthersNeed) {
  Options options = OptionsFor(cluster_->address());
  options.max_outstanding = 1000;
  const auto client = Open(std::move(options));
  std::vector<std::string> others;
  for (int i = 0; i < 200; ++i) {
    const std::string key = "other" + std::to_string(i);
    if (cluster_->PrimaryOf(SlotOf(key)) != primary_) others.push_back(key);
    ASSERT_TRUE(Ask(*client, Command({"SET", key, "x"})).ok());
  }
  cluster_->Pause(primary_);
  EXPECT_FALSE(Ask(*client, Command({"GET", "foo"}), milliseconds(300)).ok());
  std::vector<std::future<absl::StatusOr<Reply>>> stuck;
  for (int i = 0; i < 5000; ++i) {
    stuck.push_back(AskLater(*client, Command({"GET", "foo"}), In(seconds(60))));
    if (i % 100 != 0) continue;  // lets the loop see what it was given
    EXPECT_TRUE(Ask(*client, Command({"GET", others[0]})).ok());
  }
  for (const std::string& key : others) {
    const auto reply = Ask(*client, Command({"GET", key}), seconds(60));
    EXPECT_TRUE(reply.ok()) << reply.status();
  }
  cluster_->Resume(primary_);
  for (auto& reply : stuck) reply.wait();
}

TEST_F(ClusterFaultsTest, AnOrderlyFailoverFailsNothing) {
  auto scripts = WritesTo(*client_);
  Traffic plain(*client_, 4, seconds(60), [](int lane, int64_t n) {
    return Command({"INCR", "count" + std::to_string(lane) + "/" + std::to_string(n % 100)});
  });
  plain.AwaitMore(50);
  // Not the primary that other tests replace: for two seconds nobody votes for another of it.
  for (const int slot : {(kSlot + kSlots / 3) % kSlots, (kSlot + kSlots / 3 * 2) % kSlots}) {
    const int before = cluster_->PrimaryOf(slot);
    cluster_->Failover(cluster_->ReplicaOf(before));
    cluster_->AwaitPrimaryOtherThan(before, slot);
    plain.AwaitMore(50);
    scripts.AwaitMore(50);
    cluster_->AwaitWhole();
  }
  plain.Stop();
  scripts.Stop();
  EXPECT_THAT(plain.failures(), IsEmpty());
  EXPECT_THAT(scripts.failures(), IsEmpty());
}

TEST_F(ClusterFaultsTest, EveryNodeIsRestartedInTurnAndNoScriptFails) {
  auto traffic = WritesTo(*client_);
  traffic.AwaitMore(50);
  cluster_->RestartEach();
  traffic.AwaitMore(50);
  traffic.Stop();
  EXPECT_THAT(traffic.failures(), IsEmpty());
}

TEST_F(ClusterFaultsTest, ConnectionsThatServersCloseCostNothing) {
  auto traffic = WritesTo(*client_);
  for (int round = 0; round < 10; ++round) {
    traffic.AwaitMore(20);
    for (int node = 0; node < RedisCluster::kNodes; ++node) {
      if (cluster_->IsPrimary(node) && node == round % RedisCluster::kNodes) {
        cluster_->Ask(node, {"CLIENT", "KILL", "TYPE", "normal"});
      }
    }
  }
  traffic.AwaitMore(20);
  traffic.Stop();
  EXPECT_THAT(traffic.failures(), IsEmpty());
}

TEST_F(ClusterFaultsTest, WithoutAnyNodeCommandsAreRefusedAtOnceUntilTheyAreBack) {
  for (int node = 0; node < RedisCluster::kNodes; ++node) cluster_->Kill(node);
  log_.AwaitDowns(1);
  EXPECT_FALSE(client_->Connected());
  const auto refused = Ask(*client_, PutOf("foo", "x"), seconds(600));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not connected"));
  for (int node = 0; node < RedisCluster::kNodes; ++node) cluster_->Start(node);
  log_.AwaitUps(2);
  const auto reply = Ask(*client_, Command({"GET", "foo"}), seconds(60));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_FALSE(reply->IsNil());
}

// Not every cluster wants every slot served or none.
TEST(ClusterInPart, ServesTheSlotsThatItHas) {
  RedisCluster cluster({.settings = {"--cluster-require-full-coverage", "no"}});
  ConnectionLog log;
  const auto client = Open(OptionsFor(cluster.address()), &log);
  ASSERT_TRUE(Ask(*client, PutOf("foo", "x")).ok());
  const int gone = cluster.PrimaryOf(SlotOf("foo"));
  cluster.Kill(cluster.ReplicaOf(gone));
  cluster.Kill(gone);
  const auto missing = Ask(*client, PutOf("foo", "y"), milliseconds(200));
  EXPECT_EQ(ReasonOf(missing.status()), reasons::DEPENDENCY_DOWN);
  int served = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    if (cluster.PrimaryOf(SlotOf(key)) == gone) continue;
    ++served;
    EXPECT_TRUE(Ask(*client, PutOf(key, "x")).ok());
  }
  EXPECT_GT(served, 0);
  EXPECT_TRUE(client->Connected());
  EXPECT_EQ(log.downs(), 0);
  // Whoever starts now does not trust what is left.
  const auto fresh = Open(OptionsFor(cluster.address()));
  EXPECT_EQ(ReasonOf(fakes::Finish(CheckServer(*fresh, {}, In(milliseconds(500))))),
            reasons::DEPENDENCY_DOWN);
  cluster.Start(gone);
  const auto back = Ask(*client, Command({"GET", "foo"}), seconds(60));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back->AsBytes(), "x");
}

}  // namespace
}  // namespace tokenforge::redis
