// News that follow the primary.
#include <gtest/gtest.h>

#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/heard.h"
#include "tests/lib/redis/redis_sentinel.h"

namespace tokenforge::redis {
namespace {

constexpr char kChannel[] = "tf:{keys}:news";

TEST(SentinelSubscription, MovesToTheNewPrimary) {
  fakes::RedisSentinel redis;
  fakes::Heard heard;
  Options options = fakes::As("keys", fakes::OptionsFor(redis.address()));
  options.sentinel_username = "tokenforge";
  options.sentinel_password = secret::Secret(fakes::AclUsers::PasswordOf("tokenforge"));
  const auto subscription = Subscribe(std::move(options), kChannel, heard.Hooks());
  heard.AwaitUps(1);
  EXPECT_EQ(redis.Tell(0, {"PUBSUB", "NUMSUB", kChannel}), std::string(kChannel) + " 1");
  redis.Tell(0, {"PUBLISH", kChannel, "before"});
  heard.AwaitMessages(1);
  redis.PauseServer(0);
  const int next = redis.AwaitPrimaryOtherThan(0);
  heard.AwaitUps(2);
  redis.Tell(next, {"PUBLISH", kChannel, "after"});
  EXPECT_EQ(heard.AwaitMessages(2), (std::vector<std::string>{"before", "after"}));
  redis.ResumeServer(0);
}

TEST(SentinelSubscription, EndsWhileNoSentinelAnswers) {
  fakes::RedisSentinel redis;
  fakes::Heard heard;
  for (int i = 0; i < fakes::RedisSentinel::kNodes; ++i) redis.KillSentinel(i);
  const auto subscription = Subscribe(fakes::OptionsFor(redis.address()), kChannel, heard.Hooks());
  heard.AwaitDowns(1);
  EXPECT_EQ(heard.ups(), 0);
}

}  // namespace
}  // namespace tokenforge::redis
