// The client of a cluster that is whole: what every client does, and where commands go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "lib/redis/key_slot.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/shared_cluster.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::ConnectionLog;
using fakes::Finish;
using fakes::In;
using fakes::OptionsFor;
using fakes::RedisCluster;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
namespace reasons = errors::reasons;

class ClusterClientTest : public ::testing::Test {
 protected:
  RedisCluster& cluster_ = fakes::SharedCluster();
  ConnectionLog log_;
  std::unique_ptr<Client> client_ = Open(OptionsFor(cluster_.address()), &log_);
};

TEST_F(ClusterClientTest, WaitsForTheFirstMap) {
  const auto reply = Ask(*client_, Command({"PING"}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply->AsBytes(), "PONG");
  EXPECT_TRUE(client_->Connected());
  log_.AwaitUps(1);
}

TEST_F(ClusterClientTest, AgreesWithTheServerOnEverySlot) {
  std::vector<std::string> keys = {"",
                                   "foo",
                                   "{user1000}.following",
                                   "foo{}{bar}",
                                   "foo{{bar}}zap",
                                   "foo{bar}{zap}",
                                   "foo{bar",
                                   "{}",
                                   "}{",
                                   "{\r\n}x"};
  for (int i = 0; i < 500; ++i) keys.push_back("tf:{b" + std::to_string(i) + "}:u");
  for (const std::string& key : keys) {
    const auto slot = cluster_.Ask(0, {"CLUSTER", "KEYSLOT", key}).AsInteger();
    EXPECT_EQ(SlotOf(key), *slot) << key;
  }
}

TEST_F(ClusterClientTest, SendsEachCommandToWhoServesItsKey) {
  std::vector<int> served(RedisCluster::kNodes);
  for (int i = 0; i < 100; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_TRUE(Ask(*client_, Command({"SET", key, "x"})).ok());
    const int owner = cluster_.PrimaryOf(SlotOf(key));
    ++served[static_cast<size_t>(owner)];
    EXPECT_EQ(cluster_.Ask(owner, {"GET", key}).AsBytes().value(), "x");
  }
  EXPECT_EQ(std::count(served.begin(), served.end(), 0), RedisCluster::kPrimaries);
}

TEST_F(ClusterClientTest, AnySeedIsEnoughAlsoAReplica) {
  for (int node = 0; node < RedisCluster::kNodes; ++node) {
    const auto client = Open(OptionsFor(cluster_.address_through(node)));
    for (const char* key : {"foo", "bar", "hello"}) {
      EXPECT_TRUE(Ask(*client, Command({"SET", key, "x"})).ok()) << node;
    }
  }
  Options options = OptionsFor("redis+cluster://127.0.0.1:1,127.0.0.1:2,127.0.0.1:" +
                               std::to_string(cluster_.port_of(4)));
  const auto client = Open(std::move(options));
  EXPECT_TRUE(Ask(*client, Command({"GET", "foo"})).ok());
}

TEST_F(ClusterClientTest, KeepsEveryByteOfKeysAndValues) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  const std::string key = "k\r\n$3\r\n{\"'*?[\0x" + bytes;
  ASSERT_TRUE(Ask(*client_, Command({"SET", key, bytes})).ok());
  const Script echo("echo", "return {KEYS[1], ARGV[1], redis.call('GET', KEYS[1])}");
  const std::vector<std::string> keys = {key};
  const std::vector<std::string> arguments = {bytes};
  const auto echoed = Ask(*client_, Command(echo, keys, arguments));
  ASSERT_TRUE(echoed.ok()) << echoed.status();
  EXPECT_EQ(*(*echoed->AsArray())[0].AsBytes(), key);
  EXPECT_EQ(*(*echoed->AsArray())[1].AsBytes(), bytes);
  EXPECT_EQ(*(*echoed->AsArray())[2].AsBytes(), bytes);
}

TEST_F(ClusterClientTest, AnswersEachOfManyPipelinedCommandsWithItsOwnReply) {
  constexpr int kThreads = 4;
  constexpr int kEach = 2000;
  Options options = OptionsFor(cluster_.address());
  options.max_outstanding = kThreads * kEach;
  const auto client = Open(std::move(options));
  ASSERT_TRUE(Ask(*client, Command({"PING"})).ok());
  const Script echo("echo", "return ARGV[1]");
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::vector<std::future<absl::StatusOr<Reply>>> replies;
      for (int i = 0; i < kEach; ++i) {
        const std::vector<std::string> mine = {std::to_string(thread) + "/" + std::to_string(i)};
        replies.push_back(AskLater(*client, Command(echo, mine, mine), In(seconds(60))));
      }
      for (int i = 0; i < kEach; ++i) {
        const auto reply = replies[static_cast<size_t>(i)].get();
        right +=
            reply.ok() && *reply->AsBytes() == std::to_string(thread) + "/" + std::to_string(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, kThreads * kEach);
}

TEST_F(ClusterClientTest, RunsAScriptThatANodeDoesNotKnow) {
  for (int node = 0; node < RedisCluster::kNodes; ++node) cluster_.Ask(node, {"SCRIPT", "FLUSH"});
  const Script add("add", "return tonumber(ARGV[1]) + redis.call('STRLEN', KEYS[1])");
  for (const char* key : {"none:foo", "none:bar", "none:hello", "none:a", "none:b"}) {
    const std::vector<std::string> keys = {key};
    const std::vector<std::string> arguments = {"41"};
    const auto reply = Ask(*client_, Command(add, keys, arguments));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(*reply->AsInteger(), 41);
  }
}

TEST_F(ClusterClientTest, ErrorsAreThoseOfASingleServer) {
  ASSERT_TRUE(Ask(*client_, Command({"SET", "text", "x"})).ok());
  const auto wrong_type = Ask(*client_, Command({"LPUSH", "text", "hunter2"}));
  EXPECT_EQ(ReasonOf(wrong_type.status()), reasons::INTERNAL_FAULT);
  EXPECT_THAT(std::string(wrong_type.status().message()), HasSubstr("WRONGTYPE"));
  EXPECT_THAT(std::string(wrong_type.status().message()), ::testing::Not(HasSubstr("hunter2")));
  const auto apart = Ask(*client_, Command({"MGET", "foo", "bar"}));
  EXPECT_EQ(ReasonOf(apart.status()), reasons::INTERNAL_FAULT);
  const auto late = AskLater(*client_, Command({"SET", "late", "x"}), In(milliseconds(-1))).get();
  EXPECT_EQ(ReasonOf(late.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(Ask(*client_, Command({"GET", "late"}))->IsNil());
}

TEST_F(ClusterClientTest, RunsOnEachPrimary) {
  cluster_.Flush();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(Ask(*client_, Command({"SET", "k" + std::to_string(i), "x"})).ok());
  }
  Command size({"DBSIZE"});
  const auto sizes = Finish(client_->CallOnEach(std::move(size), In(seconds(20))));
  ASSERT_TRUE(sizes.ok()) << sizes.status();
  ASSERT_EQ(sizes->size(), 3U);
  int64_t sum = 0;
  for (const Reply& each : *sizes) {
    EXPECT_GT(*each.AsInteger(), 0);
    sum += *each.AsInteger();
  }
  EXPECT_EQ(sum, 100);
}

TEST_F(ClusterClientTest, CheckServerLooksAtEveryPrimary) {
  EXPECT_TRUE(Finish(CheckServer(*client_, {}, In(seconds(20)))).ok());
  for (int node = 0; node < RedisCluster::kNodes; ++node) {
    cluster_.Ask(node, {"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const absl::Status status = Finish(CheckServer(*client_, {}, In(seconds(20))));
    cluster_.Ask(node, {"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    EXPECT_EQ(status.ok(), !cluster_.IsPrimary(node)) << status;
  }
}

TEST_F(ClusterClientTest, WorksForTheUserOfTheServices) {
  const auto client = Open(fakes::As("sessions", OptionsFor(cluster_.address())));
  EXPECT_TRUE(Finish(CheckServer(*client, {}, In(seconds(20)))).ok());
  EXPECT_TRUE(Ask(*client, Command({"SET", "tf:{b1}:x", "x"})).ok());
  EXPECT_FALSE(Ask(*client, Command({"SET", "other", "x"})).ok());
}

TEST_F(ClusterClientTest, BeyondTheBoundCommandsAreOverloadedAtOnce) {
  Options options = OptionsFor(cluster_.address());
  options.max_outstanding = 10;
  const auto client = Open(std::move(options));
  ASSERT_TRUE(Ask(*client, Command({"GET", "foo"})).ok());
  const Script slow("slow", "for i = 1, 20000000 do end return 1");
  const std::vector<std::string> keys = {"foo"};
  std::vector<std::future<absl::StatusOr<Reply>>> admitted;
  for (int i = 0; i < 10; ++i) {
    admitted.push_back(AskLater(*client, Command(slow, keys, {}), In(seconds(60))));
  }
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"GET", "bar"}), seconds(600)).status()),
            reasons::OVERLOADED);
  for (auto& reply : admitted) reply.wait();
  EXPECT_TRUE(Ask(*client, Command({"GET", "bar"})).ok());
}

TEST_F(ClusterClientTest, DestructionAnswersEveryCommandExactlyOnce) {
  constexpr int kCommands = 1000;
  std::vector<std::atomic<int>> calls(kCommands);
  for (int round = 0; round < 10; ++round) {
    const auto client = Open(OptionsFor(cluster_.address()));
    if (round % 2 == 0) {
      ASSERT_TRUE(Ask(*client, Command({"PING"})).ok());
    }
    for (int i = 0; i < kCommands; ++i) {
      client->Run(Command({"GET", std::to_string(i)}), In(seconds(60)),
                  [&calls, i](const absl::StatusOr<Reply>&) { ++calls[static_cast<size_t>(i)]; });
    }
  }
  for (int i = 0; i < kCommands; ++i) EXPECT_EQ(calls[static_cast<size_t>(i)], 10) << i;
}

TEST(ClusterWithoutNodes, FailsAtOnceAndSaysWhy) {
  ConnectionLog log;
  const auto client = Open(OptionsFor("redis+cluster://127.0.0.1:1,127.0.0.1:2"), &log);
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"}), seconds(600)).status()),
            reasons::DEPENDENCY_DOWN);
  log.AwaitDowns(3);
  EXPECT_FALSE(client->Connected());
  EXPECT_THAT(log.why(), HasSubstr("refused"));
}

TEST(ClusterWithoutNodes, AServerThatIsNoClusterIsDownAndSaysSo) {
  fakes::RedisServer server({"--port", std::to_string(systemtest::FreePort())});
  const auto single = Open(OptionsFor(server.address()));
  const auto port = Ask(*single, Command({"CONFIG", "GET", "port"}));
  ConnectionLog log;
  const auto client = Open(OptionsFor("redis+cluster://127.0.0.1:" +
                                      std::string((*port->AsArray())[1].AsBytes().value())),
                           &log);
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"}), seconds(600)).status()),
            reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(log.why(), HasSubstr("CLUSTER with ERR"));
}

}  // namespace
}  // namespace tokenforge::redis
