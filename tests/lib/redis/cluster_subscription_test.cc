// Listening on a cluster: at any node, whoever is told, and whichever dies.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/redis/subscription.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/heard.h"
#include "tests/lib/redis/redis_cluster.h"

namespace tokenforge::redis {
namespace {

using fakes::Heard;
using fakes::OptionsFor;
using fakes::RedisCluster;

TEST(ClusterSubscription, HearsWhatIsSaidAtAnyNodeAndInAnyScript) {
  RedisCluster cluster;
  Heard heard;
  const auto subscription =
      Subscribe(fakes::As("keys", OptionsFor(cluster.address())), "tf:{keys}:news", heard.Hooks());
  heard.AwaitUps(1);
  std::vector<std::string> sent;
  for (int node = 0; node < RedisCluster::kNodes; ++node) {
    sent.push_back("from " + std::to_string(node));
    cluster.Ask(node, {"PUBLISH", "tf:{keys}:news", sent.back()});
    EXPECT_EQ(heard.AwaitMessages(sent.size()), sent);
  }
  const auto client = Open(OptionsFor(cluster.address()));
  for (const char* key : {"foo", "bar", "hello"}) {
    const Script say("say", "return redis.call('PUBLISH', ARGV[1], KEYS[1])");
    const std::vector<std::string> keys = {key};
    const std::vector<std::string> arguments = {"tf:{keys}:news"};
    ASSERT_TRUE(fakes::Ask(*client, Command(say, keys, arguments)).ok());
    sent.push_back(key);
    EXPECT_EQ(heard.AwaitMessages(sent.size()), sent);
  }
}

TEST(ClusterSubscription, MovesOnWhenItsNodeDiesAlsoToNodesThatItWasNotTold) {
  RedisCluster cluster;
  Heard heard;
  const auto subscription =
      Subscribe(OptionsFor(cluster.address_through(3)), "news", heard.Hooks());
  heard.AwaitUps(1);
  cluster.Kill(3);
  heard.AwaitUps(2);
  const int elsewhere = 5;
  cluster.Ask(elsewhere, {"PUBLISH", "news", "still there"});
  EXPECT_EQ(heard.AwaitMessages(1).back(), "still there");
}

}  // namespace
}  // namespace tokenforge::redis
