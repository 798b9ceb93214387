#include "lib/redis/subscription.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/heard.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using fakes::Heard;

int64_t Publish(Client& client, std::string_view channel, std::string_view payload) {
  return fakes::Ask(client, {"PUBLISH", channel, payload})->AsInteger().value();
}

TEST(Subscription, HearsEachMessageOfItsChannelInOrder) {
  fakes::RedisServer server;
  const auto client = Open(fakes::OptionsFor(server.address()));
  Heard heard;
  const auto subscription = Subscribe(fakes::OptionsFor(server.address()), "news", heard.Hooks());
  heard.AwaitUps(1);
  Publish(*client, "other", "not for us");
  std::vector<std::string> sent;
  for (int i = 0; i < 200; ++i) {
    sent.push_back("message " + std::to_string(i) + std::string("\0\r\n", 3));
    ASSERT_EQ(Publish(*client, "news", sent.back()), 1);
  }
  EXPECT_EQ(heard.AwaitMessages(sent.size()), sent);
}

TEST(Subscription, SubscribesAgainAfterTheServerWasKilled) {
  fakes::RedisServer server;
  Heard heard;
  const auto subscription = Subscribe(fakes::OptionsFor(server.address()), "news", heard.Hooks());
  for (int round = 1; round <= 3; ++round) {
    heard.AwaitUps(round);
    const auto client = Open(fakes::OptionsFor(server.address()));
    ASSERT_EQ(Publish(*client, "news", std::to_string(round)), 1);
    EXPECT_EQ(heard.AwaitMessages(static_cast<size_t>(round)).back(), std::to_string(round));
    server.Kill();
    heard.AwaitDowns(round);
    server.Start();
  }
}

TEST(Subscription, SubscribesAgainWhenTheServerClosesTheConnection) {
  fakes::RedisServer server;
  const auto client = Open(fakes::OptionsFor(server.address()));
  Heard heard;
  const auto subscription = Subscribe(fakes::OptionsFor(server.address()), "news", heard.Hooks());
  heard.AwaitUps(1);
  ASSERT_EQ(fakes::Ask(*client, {"CLIENT", "KILL", "TYPE", "pubsub"})->AsInteger().value(), 1);
  heard.AwaitUps(2);
  EXPECT_EQ(Publish(*client, "news", "x"), 1);
  heard.AwaitMessages(1);
}

TEST(Subscription, AuthenticatesAndSaysWhyItIsRefused) {
  fakes::RedisServer server({"--requirepass", "right"});
  const auto options = [&server](const char* password) {
    Options made = fakes::OptionsFor(server.address());
    made.password = secret::Secret(password);
    return made;
  };
  Heard refused;
  const auto without = Subscribe(options("wrong"), "news", refused.Hooks());
  refused.AwaitDowns(2);
  EXPECT_EQ(refused.ups(), 0);
  EXPECT_EQ(refused.why(), "the server refuses us: WRONGPASS");
  Heard heard;
  const auto with = Subscribe(options("right"), "news", heard.Hooks());
  heard.AwaitUps(1);
}

TEST(Subscription, UserWithoutTheChannelTriesAgainAndHearsOnceItMay) {
  fakes::RedisServer server;
  const auto client = Open(fakes::OptionsFor(server.address()));
  ASSERT_TRUE(
      fakes::Ask(*client, {"ACL", "SETUSER", "u", "on", "nopass", "+@all", "resetchannels"}).ok());
  Options options = fakes::OptionsFor(server.address());
  options.username = "u";
  options.password = secret::Secret("any");
  Heard heard;
  const auto subscription = Subscribe(std::move(options), "news", heard.Hooks());
  heard.AwaitDowns(2);
  EXPECT_EQ(heard.ups(), 0);
  ASSERT_TRUE(fakes::Ask(*client, {"ACL", "SETUSER", "u", "&news"}).ok());
  heard.AwaitUps(1);
}

TEST(Subscription, EndsAtAnyMoment) {
  fakes::RedisServer server;
  for (int i = 0; i < 50; ++i) {
    Heard heard;
    const auto subscription = Subscribe(fakes::OptionsFor(server.address()), "news", heard.Hooks());
    if (i % 2 == 0) heard.AwaitUps(1);
  }
  server.Kill();
  Heard heard;
  const auto subscription = Subscribe(fakes::OptionsFor(server.address()), "news", heard.Hooks());
  heard.AwaitDowns(1);
}

}  // namespace
}  // namespace tokenforge::redis
