// The client of a cluster whose slots move while it serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "lib/redis/key_slot.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/shared_cluster.h"
#include "tests/lib/redis/traffic.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::In;
using fakes::OptionsFor;
using fakes::RedisCluster;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ClusterReshardTest : public ::testing::Test {
 protected:
  // To whom a slot can move.
  int Other(int slot) { return (cluster_.PrimaryOf(slot) + 1) % RedisCluster::kPrimaries; }

  RedisCluster& cluster_ = fakes::SharedCluster();
  std::unique_ptr<Client> client_ = Open(OptionsFor(cluster_.address()));
};

TEST_F(ClusterReshardTest, FollowsASlotThatHasMoved) {
  const std::string key = "moved";
  const auto move = cluster_.MoveOf(SlotOf(key), Other(SlotOf(key)));
  ASSERT_TRUE(Ask(*client_, Command({"SET", key, "x"})).ok());
  cluster_.MoveSlot(move);
  EXPECT_EQ(*Ask(*client_, Command({"GET", key}))->AsBytes(), "x");
  ASSERT_TRUE(Ask(*client_, Command({"APPEND", key, "y"})).ok());
  EXPECT_EQ(cluster_.Ask(move.to, {"GET", key}).AsBytes().value(), "xy");
  cluster_.MoveSlot({move.slot, move.to, move.from});
  EXPECT_EQ(*Ask(*client_, Command({"GET", key}))->AsBytes(), "xy");
}

TEST_F(ClusterReshardTest, AsksAtTheNewPlaceWhileTheSlotMoves) {
  const int slot = SlotOf("{half}");
  const auto move = cluster_.MoveOf(slot, Other(slot));
  const auto key = [](int i) { return "{half}" + std::to_string(i); };
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Ask(*client_, Command({"SET", key(i), "x"})).ok());
  cluster_.Begin(move);
  ASSERT_EQ(cluster_.MoveKeys(move, 10), 10);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(*Ask(*client_, Command({"APPEND", key(i), "y"}))->AsInteger(), 2) << i;
  }
  // A key that is new is made at the new place: the old one has no more to come.
  ASSERT_TRUE(Ask(*client_, Command({"SET", key(20), "xy"})).ok());
  EXPECT_EQ(cluster_.Ask(move.to, {"CLUSTER", "COUNTKEYSINSLOT", std::to_string(slot)})
                .AsInteger()
                .value(),
            11);
  // A script that the new place does not know needs its ASKING twice.
  cluster_.Ask(move.to, {"SCRIPT", "FLUSH"});
  const Script add("add", "return redis.call('APPEND', KEYS[1], 'z')");
  for (int i = 0; i <= 20; ++i) {
    const std::vector<std::string> keys = {key(i)};
    const auto added = Ask(*client_, Command(add, keys, {}));
    ASSERT_TRUE(added.ok()) << added.status();
    EXPECT_EQ(*added->AsInteger(), 3) << i;
  }
  while (cluster_.MoveKeys(move, 100) > 0) {
  }
  cluster_.End(move);
  for (int i = 0; i <= 20; ++i)
    EXPECT_EQ(*Ask(*client_, Command({"GET", key(i)}))->AsBytes(), "xyz");
}

TEST_F(ClusterReshardTest, AScriptWhoseKeysAreApartWaitsUntilTheyAreTogether) {
  const int slot = SlotOf("{apart}");
  const auto move = cluster_.MoveOf(slot, Other(slot));
  const Script both("both", "return redis.call('GET', KEYS[1]) .. redis.call('GET', KEYS[2])");
  const std::vector<std::string> keys = {"{apart}1", "{apart}2"};
  ASSERT_TRUE(Ask(*client_, Command({"SET", keys[0], "x"})).ok());
  ASSERT_TRUE(Ask(*client_, Command({"SET", keys[1], "y"})).ok());
  cluster_.Begin(move);
  ASSERT_EQ(cluster_.MoveKeys(move, 1), 1);
  // Until its deadline, and no longer; and it has not run.
  const auto refused = Ask(*client_, Command(both, keys, {}), milliseconds(100));
  EXPECT_EQ(ReasonOf(refused.status()), errors::reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not sent"));
  auto waiting = AskLater(*client_, Command(both, keys, {}), In(seconds(60)));
  // Another command to the slot, meanwhile: it is not stuck behind the script.
  EXPECT_TRUE(Ask(*client_, Command({"GET", keys[0]})).ok());
  EXPECT_TRUE(Ask(*client_, Command({"GET", keys[1]})).ok());
  ASSERT_EQ(cluster_.MoveKeys(move, 1), 1);
  const auto answered = waiting.get();
  ASSERT_TRUE(answered.ok()) << answered.status();
  EXPECT_EQ(*answered->AsBytes(), "xy");
  cluster_.End(move);
}

// Nothing is lost meanwhile, so each command runs exactly once, also those that must not be sent
// twice.
TEST_F(ClusterReshardTest, HundredsOfSlotsMoveAndEveryCommandRunsOnce) {
  constexpr int kLanes = 6;
  const Script count("count",
                     "redis.call('SET', KEYS[2], ARGV[1]) return redis.call('INCR', KEYS[1])");
  const auto name = [](int lane, int64_t n) {
    return "{" + std::to_string(lane) + "/" + std::to_string(n % 300) + "}";
  };
  fakes::Traffic traffic(*client_, kLanes, seconds(60), [&](int lane, int64_t n) {
    const std::vector<std::string> keys = {name(lane, n), name(lane, n) + "2"};
    if (lane % 2 == 0) return Command({"INCR", keys[0]});
    const std::vector<std::string> arguments = {std::to_string(n)};
    return Command(count, keys, arguments);
  });
  traffic.AwaitMore(100);
  cluster_.Reshard(300);
  traffic.AwaitMore(300);
  traffic.Stop();
  EXPECT_THAT(traffic.failures(), IsEmpty());
  for (int lane = 0; lane < kLanes; ++lane) {
    int64_t sum = 0;
    for (int64_t n = 0; n < 300; ++n) {
      const auto value = Ask(*client_, Command({"INCRBY", name(lane, n), "0"}));
      ASSERT_TRUE(value.ok()) << value.status();
      sum += *value->AsInteger();
    }
    EXPECT_EQ(sum, traffic.answered(lane)) << lane;
  }
}

TEST_F(ClusterReshardTest, ANodeThatDoesNotKnowItsAddressIsOnTheHostThatWasAsked) {
  for (int node = 0; node < RedisCluster::kNodes; ++node) {
    cluster_.Ask(node, {"CONFIG", "SET", "cluster-preferred-endpoint-type", "unknown-endpoint"});
  }
  const auto client = Open(OptionsFor(cluster_.address_through(4)));
  for (const char* key : {"foo", "bar", "hello"}) {
    EXPECT_TRUE(Ask(*client, Command({"SET", key, "x"})).ok());
  }
  const int slot = SlotOf("foo");
  cluster_.MoveSlot(cluster_.MoveOf(slot, Other(slot)));
  EXPECT_EQ(*Ask(*client, Command({"GET", "foo"}))->AsBytes(), "x");
  for (int node = 0; node < RedisCluster::kNodes; ++node) {
    cluster_.Ask(node, {"CONFIG", "SET", "cluster-preferred-endpoint-type", "ip"});
  }
}

}  // namespace
}  // namespace tokenforge::redis
