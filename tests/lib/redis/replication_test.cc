// What must outlive its server: answers that wait for replicas.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/errors/errors.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_sentinel.h"

namespace tokenforge::redis {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

class ReplicationTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> Connect(Replication replication) {
    Options options = fakes::OptionsFor(redis_.address_of_server(0));
    options.replication = replication;
    return Open(std::move(options));
  }

  // Nobody is meant to be failed over here, however slow the machine is.
  fakes::RedisSentinel redis_{{.down_after = seconds(60)}};
};

std::string TextOf(const absl::StatusOr<Reply>& reply) {
  return std::string(reply.status().message().data(), reply.status().message().size());
}

TEST_F(ReplicationTest, WhatWasAnsweredIsOnEveryReplica) {
  const auto client = Connect({2, seconds(20)});
  for (int i = 0; i < 30; ++i) {
    const std::string value = std::to_string(i);
    ASSERT_TRUE(fakes::Ask(*client, Command({"SET", "last", value})).ok());
    EXPECT_EQ(redis_.Tell(1, {"GET", "last"}), value);
    EXPECT_EQ(redis_.Tell(2, {"GET", "last"}), value);
  }
}

TEST_F(ReplicationTest, ScriptsThatTheServerDoesNotKnowYetWaitToo) {
  const auto client = Connect({2, seconds(20)});
  const Script script("set", "redis.call('SET', KEYS[1], ARGV[1]) return ARGV[1]");
  const std::vector<std::string> keys = {"scripted"};
  const std::vector<std::string> arguments = {"yes"};
  const auto reply = fakes::Ask(*client, Command(script, keys, arguments));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->AsBytes().value(), "yes");
  EXPECT_EQ(redis_.Tell(2, {"GET", "scripted"}), "yes");
}

TEST_F(ReplicationTest, WithoutReplicasItSaysThatItMayBeLostAndReadsGoOn) {
  const auto client = Connect({1, milliseconds(50)});
  redis_.PauseServer(1);
  redis_.PauseServer(2);
  const auto refused = fakes::Ask(*client, Command({"SET", "lost", "x"}));
  EXPECT_EQ(errors::ReasonOf(refused.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(TextOf(refused), HasSubstr("may be lost"));
  EXPECT_EQ(fakes::Ask(*client, Command({"GET", "lost"}))->AsBytes().value(), "x");
  redis_.ResumeServer(1);
  redis_.ResumeServer(2);
  redis_.AwaitReplica(1);
  redis_.AwaitReplica(2);
  const auto patient = Connect({2, seconds(20)});
  EXPECT_TRUE(fakes::Ask(*patient, Command({"SET", "lost", "y"})).ok());
}

TEST_F(ReplicationTest, AServerLostMeanwhileIsALostConnection) {
  const auto client = Connect({1, seconds(60)});
  redis_.PauseServer(1);
  redis_.PauseServer(2);
  auto waiting = fakes::AskLater(*client, Command({"SET", "torn", "x"}), fakes::In(seconds(60)));
  while (redis_.Tell(0, {"GET", "torn"}) != "x") {
  }
  redis_.KillServer(0);
  EXPECT_THAT(TextOf(waiting.get()), HasSubstr("may have run"));
}

TEST_F(ReplicationTest, ErrorsOfTheServerStayWhatTheyAre) {
  const auto client = Connect({2, seconds(20)});
  ASSERT_TRUE(fakes::Ask(*client, Command({"SET", "text", "x"})).ok());
  EXPECT_THAT(TextOf(fakes::Ask(*client, Command({"LPUSH", "text", "x"}))), HasSubstr("WRONGTYPE"));
  EXPECT_TRUE(fakes::Ask(*client, Command({"SET", "text", "y"})).ok());
}

}  // namespace
}  // namespace tokenforge::redis
