// The fixture itself: what tests of a failover stand on.
#include "tests/lib/redis/redis_sentinel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::fakes {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(RedisSentinelFixture, AKilledPrimaryIsReplacedAndComesBackAsAReplica) {
  RedisSentinel redis;
  ASSERT_EQ(redis.primary(), 0);
  ASSERT_EQ(redis.Tell(0, {"SET", "kept", "x"}), "OK");
  ASSERT_EQ(redis.Tell(0, {"WAIT", "2", "20000"}), "2");
  redis.KillServer(0);
  const int next = redis.AwaitPrimaryOtherThan(0);
  EXPECT_EQ(redis.Tell(next, {"GET", "kept"}), "x");
  redis.StartServer(0);
  redis.AwaitReplica(0);
  EXPECT_THAT(redis.Tell(0, {"SET", "kept", "y"}), StartsWith("-READONLY"));
}

TEST(RedisSentinelFixture, APausedPrimaryIsReplacedAndLearnsOfItWhenItGoesOn) {
  RedisSentinel redis;
  redis.PauseServer(0);
  const int next = redis.AwaitPrimaryOtherThan(0);
  redis.ResumeServer(0);
  redis.AwaitReplica(0);
  EXPECT_THAT(redis.Tell(next, {"ROLE"}), StartsWith("master"));
}

TEST(RedisSentinelFixture, HandsOverOnRequestAndBackAgain) {
  RedisSentinel redis;
  const int second = redis.ForceFailover();
  EXPECT_NE(second, 0);
  redis.AwaitReplica(0);
  EXPECT_NE(redis.ForceFailover(), second);
}

TEST(RedisSentinelFixture, TwoSentinelsAreEnough) {
  RedisSentinel redis;
  redis.KillSentinel(1);
  redis.KillServer(0);
  EXPECT_NE(redis.AwaitPrimaryOtherThan(0), 0);
  redis.StartSentinel(1);
  EXPECT_THAT(redis.address(), HasSubstr("/tokenforge"));
}

}  // namespace
}  // namespace tokenforge::fakes
