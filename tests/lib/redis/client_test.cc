// The client against a real server that obeys: commands, scripts, bounds and settings.
#include "lib/redis/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::Finish;
using fakes::In;
using fakes::OptionsFor;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
namespace reasons = errors::reasons;

class ClientTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new fakes::RedisServer(); }
  static void TearDownTestSuite() {
    delete server_;
    server_ = nullptr;
  }

  std::unique_ptr<Client> client_ = Open(OptionsFor(server_->address()));
  static fakes::RedisServer* server_;
};
fakes::RedisServer* ClientTest::server_ = nullptr;

TEST_F(ClientTest, WaitsForTheFirstConnection) {
  const auto reply = Ask(*client_, Command({"PING"}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply->AsBytes(), "PONG");
  EXPECT_TRUE(client_->Connected());
}

TEST_F(ClientTest, KeepsEveryByteOfKeysAndValues) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  const std::string key = "k\r\n$3\r\n{\"'*?[\0x" + bytes;
  ASSERT_TRUE(Ask(*client_, Command({"SET", key, bytes})).ok());
  const auto reply = Ask(*client_, Command({"GET", key}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply->AsBytes(), bytes);
  const Script echo("echo", "return {KEYS[1], ARGV[1]}");
  const std::vector<std::string> keys = {key};
  const std::vector<std::string> arguments = {bytes};
  const auto echoed = Ask(*client_, Command(echo, keys, arguments));
  ASSERT_TRUE(echoed.ok()) << echoed.status();
  EXPECT_EQ(*(*echoed->AsArray())[0].AsBytes(), key);
  EXPECT_EQ(*(*echoed->AsArray())[1].AsBytes(), bytes);
}

TEST_F(ClientTest, TellsTheKindsOfRepliesApart) {
  const Script kinds("kinds", "return {1, 'two', false, {3}, redis.status_reply('FOUR')}");
  const auto reply = Ask(*client_, Command(kinds, {}, {}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  const auto items = reply->AsArrayOf(5);
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ(*(*items)[0].AsInteger(), 1);
  EXPECT_EQ(*(*items)[1].AsBytes(), "two");
  EXPECT_TRUE((*items)[2].IsNil());
  EXPECT_EQ((*items)[3].AsArray()->size(), 1U);
  EXPECT_EQ((*items)[4].kind(), Reply::Kind::kStatus);
  EXPECT_EQ(ReasonOf((*items)[0].AsBytes().status()), reasons::INTERNAL_FAULT);
  EXPECT_EQ(ReasonOf((*items)[1].AsInteger().status()), reasons::INTERNAL_FAULT);
  EXPECT_EQ(ReasonOf((*items)[2].AsArray().status()), reasons::INTERNAL_FAULT);
  EXPECT_EQ(ReasonOf(reply->AsArrayOf(4).status()), reasons::INTERNAL_FAULT);
}

TEST_F(ClientTest, AnswersEachOfManyPipelinedCommandsWithItsOwnReply) {
  constexpr int kThreads = 8;
  constexpr int kEach = 2000;
  Options options = OptionsFor(server_->address());
  options.max_outstanding = kThreads * kEach;
  const auto client = Open(std::move(options));
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::vector<std::future<absl::StatusOr<Reply>>> replies;
      for (int i = 0; i < kEach; ++i) {
        const std::string mine = std::to_string(thread) + "/" + std::to_string(i);
        replies.push_back(AskLater(*client, Command({"ECHO", mine}), In(seconds(60))));
      }
      for (int i = 0; i < kEach; ++i) {
        const auto reply = replies[i].get();
        right +=
            reply.ok() && *reply->AsBytes() == std::to_string(thread) + "/" + std::to_string(i);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, kThreads * kEach);
}

TEST_F(ClientTest, RunsAScriptThatTheServerDoesNotKnow) {
  const Script add("add", "return tonumber(ARGV[1]) + redis.call('STRLEN', KEYS[1])");
  const std::vector<std::string> keys = {"nothing"};
  const std::vector<std::string> arguments = {"41"};
  ASSERT_TRUE(Ask(*client_, Command({"SCRIPT", "FLUSH"})).ok());
  for (int i = 0; i < 3; ++i) {  // EVAL, then EVALSHA
    const auto reply = Ask(*client_, Command(add, keys, arguments));
    ASSERT_TRUE(reply.ok()) << reply.status();
    EXPECT_EQ(*reply->AsInteger(), 41);
  }
  const auto known = Ask(*client_, Command({"SCRIPT", "EXISTS", add.sha1()}));
  EXPECT_EQ(*(*known->AsArray())[0].AsInteger(), 1);
}

TEST_F(ClientTest, ErrorsHoldNoArgumentAndNoTextOfTheServer) {
  ASSERT_TRUE(Ask(*client_, Command({"SET", "text", "x"})).ok());
  const Script loud("loud", "return redis.error_reply('ERR ' .. ARGV[1])");
  const std::vector<std::string> arguments = {"hunter2"};
  for (const Command& command : {Command({"LPUSH", "text", "hunter2"}),
                                 Command({"HUNTER2", "hunter2"}), Command(loud, {}, arguments)}) {
    const auto reply = Ask(*client_, command);
    EXPECT_EQ(ReasonOf(reply.status()), reasons::INTERNAL_FAULT);
    EXPECT_THAT(std::string(reply.status().message()), Not(HasSubstr("hunter2")));
  }
  const auto wrong_type = Ask(*client_, Command({"LPUSH", "text", "x"}));
  EXPECT_THAT(std::string(wrong_type.status().message()), HasSubstr("WRONGTYPE"));
}

TEST_F(ClientTest, StatesOfTheServerThatPassAreDependencyDownWithRetry) {
  for (const std::string code : {"LOADING", "READONLY", "OOM", "MISCONF", "MASTERDOWN"}) {
    const Script say("say", "return redis.error_reply(ARGV[1])");
    const std::vector<std::string> arguments = {code + " what the server says"};
    const auto reply = Ask(*client_, Command(say, {}, arguments));
    EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN) << code;
    EXPECT_TRUE(errors::RetryAfterOf(reply.status()).has_value()) << code;
  }
}

TEST_F(ClientTest, AScriptWhoseKeysDoNotShareASlotIsRefusedAlsoHere) {
  const Script write("write", "return redis.call('SET', KEYS[1], KEYS[2])");
  const std::vector<std::string> apart = {"{a}", "{b}"};
  const auto refused = Ask(*client_, Command(write, apart, {}));
  EXPECT_EQ(ReasonOf(refused.status()), reasons::INTERNAL_FAULT);
  EXPECT_TRUE(Ask(*client_, Command({"GET", "{a}"}))->IsNil());
  const std::vector<std::string> together = {"{a}1", "{a}2"};
  EXPECT_TRUE(Ask(*client_, Command(write, together, {})).ok());
}

TEST_F(ClientTest, OutOfMemoryInsideAScriptIsDependencyDown) {
  ASSERT_TRUE(Ask(*client_, Command({"CONFIG", "SET", "maxmemory", "1"})).ok());
  const Script write("write", "return redis.call('SET', KEYS[1], 'x')");
  const std::vector<std::string> keys = {"full"};
  const auto reply = Ask(*client_, Command(write, keys, {}));
  ASSERT_TRUE(Ask(*client_, Command({"CONFIG", "SET", "maxmemory", "0"})).ok());
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN) << reply.status();
}

TEST_F(ClientTest, ACommandWhoseDeadlineHasPassedIsNotSent) {
  ASSERT_TRUE(Ask(*client_, Command({"DEL", "late"})).ok());
  const auto reply = AskLater(*client_, Command({"SET", "late", "x"}), In(milliseconds(-1))).get();
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("not sent"));
  EXPECT_TRUE(Ask(*client_, Command({"GET", "late"}))->IsNil());
}

TEST_F(ClientTest, CoroutinesGetTheSameAnswers) {
  const auto flow = [](Client& client) -> async::Task<absl::StatusOr<int64_t>> {
    const Script count("count", "return redis.call('INCRBY', KEYS[1], ARGV[1])");
    const std::vector<std::string> keys = {"counter"};
    const std::vector<std::string> arguments = {"2"};
    int64_t last = 0;
    for (int i = 0; i < 100; ++i) {
      const auto reply = co_await client.CallScript(count, keys, arguments, In(seconds(20)));
      if (!reply.ok()) co_return reply.status();
      last = *reply->AsInteger();
    }
    co_return last;
  };
  ASSERT_TRUE(Ask(*client_, Command({"DEL", "counter"})).ok());
  const absl::StatusOr<int64_t> last = Finish(flow(*client_));
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(*last, 200);
}

TEST_F(ClientTest, SelectsTheDatabaseOfItsAddress) {
  const auto second = Open(OptionsFor(server_->address() + "?db=2"));
  ASSERT_TRUE(Ask(*second, Command({"SET", "where", "second"})).ok());
  EXPECT_TRUE(Ask(*client_, Command({"GET", "where"}))->IsNil());
}

TEST(CheckServer, AcceptsNoEvictionAndRefusesEviction) {
  fakes::RedisServer server;
  const auto client = Open(OptionsFor(server.address()));
  EXPECT_TRUE(Finish(CheckServer(*client, {}, In(seconds(20)))).ok());
  ASSERT_TRUE(Ask(*client, Command({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"})).ok());
  const absl::Status refused = Finish(CheckServer(*client, {}, In(seconds(20))));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("set it to noeviction"));
  EXPECT_TRUE(Finish(CheckServer(*client, {.allow_eviction = true}, In(seconds(20)))).ok());
}

TEST(CheckServer, WorksForAUserWithoutConfig) {
  fakes::RedisServer server(
      {"--user", "app", "on", ">right", "+@all", "-config", "~*", "--user", "default", "off"});
  Options options = OptionsFor(server.address());
  options.username = "app";
  options.password = secret::Secret("right");
  const auto client = Open(std::move(options));
  const absl::Status status = Finish(CheckServer(*client, {}, In(seconds(20))));
  EXPECT_TRUE(status.ok()) << status;
}

}  // namespace
}  // namespace tokenforge::redis
