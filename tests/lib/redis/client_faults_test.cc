// The client against a server that dies, stops, refuses or is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::ConnectionLog;
using fakes::In;
using fakes::OptionsFor;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;
namespace reasons = errors::reasons;

class ClientFaultsTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> OpenUp(Options options) {
    auto client = Open(std::move(options), &log_);
    log_.AwaitUps(1);
    return client;
  }
  std::unique_ptr<Client> OpenUp() { return OpenUp(OptionsFor(server_.address())); }

  fakes::RedisServer server_;
  ConnectionLog log_;
};

TEST_F(ClientFaultsTest, AServerThatStopsAnsweringCostsTheDeadlineAndNoMore) {
  const auto client = OpenUp();
  server_.Pause();
  const auto reply = Ask(*client, Command({"SET", "paused", "x"}), milliseconds(50));
  server_.Resume();
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("may have run"));
  EXPECT_TRUE(errors::RetryAfterOf(reply.status()).has_value());
  // Its late reply is thrown away and disturbs nobody; and it did run.
  const auto next = Ask(*client, Command({"GET", "paused"}));
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(*next->AsBytes(), "x");
}

TEST_F(ClientFaultsTest, DeadlinesEndInTheirOwnOrder) {
  const auto client = OpenUp();
  server_.Pause();
  std::vector<int> order;
  std::promise<void> all;
  const std::vector<int> spans = {120, 10, 60, 1300, 30};
  for (const int span : spans) {
    client->Run(Command({"PING"}), In(milliseconds(span)), [&, span](absl::StatusOr<Reply> reply) {
      EXPECT_FALSE(reply.ok());
      order.push_back(span);
      if (order.size() == spans.size()) all.set_value();
    });
  }
  all.get_future().wait();
  server_.Resume();
  EXPECT_THAT(order, ::testing::ElementsAre(10, 30, 60, 120, 1300));
}

TEST_F(ClientFaultsTest, KillFailsWhatIsInFlightAndComesBackByItself) {
  const auto client = OpenUp();
  ASSERT_TRUE(Ask(*client, Command({"SET", "kept", "x"})).ok());
  server_.Pause();
  auto in_flight = AskLater(*client, Command({"PING"}), In(seconds(60)));
  server_.Kill();
  const auto lost = in_flight.get();
  EXPECT_EQ(ReasonOf(lost.status()), reasons::DEPENDENCY_DOWN);
  log_.AwaitDowns(1);
  EXPECT_FALSE(client->Connected());
  // While down, nothing waits for its deadline.
  const auto refused = Ask(*client, Command({"PING"}), seconds(600));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("not connected"));
  server_.Start();
  log_.AwaitUps(2);
  const auto reply = Ask(*client, Command({"GET", "kept"}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(*reply->AsBytes(), "x");
}

TEST_F(ClientFaultsTest, ScriptsSurviveARestartOfTheServer) {
  const auto client = OpenUp();
  const Script add("add", "return redis.call('INCR', KEYS[1])");
  const std::vector<std::string> keys = {"n"};
  ASSERT_EQ(*Ask(*client, Command(add, keys, {}))->AsInteger(), 1);
  server_.Restart();
  log_.AwaitUps(2);
  std::vector<std::future<absl::StatusOr<Reply>>> replies;
  for (int i = 0; i < 64; ++i)
    replies.push_back(AskLater(*client, Command(add, keys, {}), In(seconds(20))));
  int64_t last = 0;
  for (auto& reply : replies) last = std::max(last, *reply.get()->AsInteger());
  EXPECT_EQ(last, 65);
}

TEST_F(ClientFaultsTest, AConnectionWithoutAnyAnswerIsReplaced) {
  Options options = OptionsFor(server_.address());
  options.stall_timeout = milliseconds(100);
  const auto client = OpenUp(std::move(options));
  server_.Pause();
  auto reply = AskLater(*client, Command({"PING"}), In(seconds(600)));
  log_.AwaitDowns(1);
  EXPECT_THAT(log_.why(), HasSubstr("does not answer"));
  EXPECT_THAT(std::string(reply.get().status().message()), HasSubstr("may have run"));
  server_.Resume();
  log_.AwaitUps(2);
  EXPECT_TRUE(Ask(*client, Command({"PING"})).ok());
}

TEST_F(ClientFaultsTest, BeyondTheBoundCommandsAreOverloadedAtOnce) {
  Options options = OptionsFor(server_.address());
  options.max_outstanding = 10;
  const auto client = OpenUp(std::move(options));
  server_.Pause();
  std::vector<std::future<absl::StatusOr<Reply>>> admitted;
  for (int i = 0; i < 10; ++i)
    admitted.push_back(AskLater(*client, Command({"PING"}), In(seconds(60))));
  const auto refused = Ask(*client, Command({"PING"}), seconds(600));
  EXPECT_EQ(ReasonOf(refused.status()), reasons::OVERLOADED);
  EXPECT_TRUE(errors::RetryAfterOf(refused.status()).has_value());
  server_.Resume();
  for (auto& reply : admitted) EXPECT_TRUE(reply.get().ok());
  EXPECT_TRUE(Ask(*client, Command({"PING"})).ok());
}

TEST_F(ClientFaultsTest, ExpiredCommandsStillCountWhileTheServerOwesTheirReplies) {
  Options options = OptionsFor(server_.address());
  options.max_outstanding = 4;
  const auto client = OpenUp(std::move(options));
  server_.Pause();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"}), milliseconds(5)).status()),
              reasons::DEPENDENCY_DOWN);
  }
  // Else a server that is stopped would fill our memory with commands that nobody waits for.
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"})).status()), reasons::OVERLOADED);
  server_.Resume();
}

TEST_F(ClientFaultsTest, DestructionAnswersEveryCommandExactlyOnce) {
  constexpr int kCommands = 1000;
  std::vector<std::atomic<int>> calls(kCommands);
  {
    const auto client = OpenUp();
    server_.Pause();
    for (int i = 0; i < kCommands; ++i) {
      const auto deadline = i % 3 == 0 ? In(milliseconds(1)) : In(seconds(600));
      client->Run(Command({"PING"}), deadline, [&calls, i](absl::StatusOr<Reply> reply) {
        EXPECT_FALSE(reply.ok());
        ++calls[i];
      });
    }
  }
  server_.Resume();
  for (int i = 0; i < kCommands; ++i) EXPECT_EQ(calls[i], 1) << i;
  EXPECT_EQ(log_.failed(), kCommands);
}

TEST_F(ClientFaultsTest, ACallbackMayAskAgainWhileTheClientDies) {
  std::atomic<int> calls = 0;
  {
    const auto client = OpenUp();
    server_.Pause();
    client->Run(Command({"PING"}), In(seconds(600)),
                [&, raw = client.get()](absl::StatusOr<Reply>) {
                  ++calls;
                  raw->Run(Command({"PING"}), In(seconds(600)), [&](absl::StatusOr<Reply> again) {
                    EXPECT_EQ(ReasonOf(again.status()), reasons::DEPENDENCY_DOWN);
                    ++calls;
                  });
                });
  }
  server_.Resume();
  EXPECT_EQ(calls, 2);
}

TEST(ClientWithoutAServer, FailsAtOnceAndSaysWhy) {
  ConnectionLog log;
  Options options = OptionsFor("unix:///nowhere/redis.sock");
  const auto client = Open(std::move(options), &log);
  log.AwaitDowns(1);
  EXPECT_FALSE(client->Connected());
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"}), seconds(600)).status()),
            reasons::DEPENDENCY_DOWN);
  EXPECT_FALSE(log.why().empty());
}

TEST(ClientWithoutAServer, ARefusedTcpConnectionIsNoticedBeforeItTimesOut) {
  // A port that is bound and not listening refuses for sure.
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ConnectionLog log;
  Options options = OptionsFor("redis://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  options.connect_timeout = seconds(600);
  const auto client = Open(std::move(options), &log);
  log.AwaitDowns(3);
  EXPECT_THAT(log.why(), HasSubstr("refused"));
  close(fd);
}

TEST(ClientWithoutAServer, AServerThatNeverGreetsTimesOut) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 16), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ConnectionLog log;
  Options options = OptionsFor("redis://localhost:" + std::to_string(ntohs(address.sin_port)));
  options.connect_timeout = milliseconds(50);
  const auto client = Open(std::move(options), &log);
  // Until the first attempt has failed commands wait, and then they fail.
  EXPECT_EQ(ReasonOf(Ask(*client, Command({"PING"}), seconds(600)).status()),
            reasons::DEPENDENCY_DOWN);
  log.AwaitDowns(2);
  close(fd);
}

TEST(ClientWithAPassword, TheRightOneConnects) {
  fakes::RedisServer server({"--requirepass", "right"});
  ConnectionLog log;
  Options options = OptionsFor(server.address());
  options.password = secret::Secret("right");
  const auto client = Open(std::move(options), &log);
  EXPECT_TRUE(Ask(*client, Command({"PING"})).ok());
}

TEST(ClientWithAPassword, TheWrongOneIsDownAndTheReasonHoldsNoPassword) {
  fakes::RedisServer server({"--requirepass", "right"});
  ConnectionLog log;
  Options options = OptionsFor(server.address());
  options.password = secret::Secret("hunter2");
  const auto client = Open(std::move(options), &log);
  const auto reply = Ask(*client, Command({"PING"}), seconds(600));
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_FALSE(client->Connected());
  EXPECT_THAT(log.why(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(log.why(), Not(HasSubstr("hunter2")));
  log.AwaitDowns(3);  // it goes on trying: the file may be mended
}

TEST(ClientWithAPassword, NoneWhereOneIsWantedIsDown) {
  fakes::RedisServer server({"--requirepass", "right"});
  ConnectionLog log;
  const auto client = Open(OptionsFor(server.address()), &log);
  log.AwaitDowns(1);
  EXPECT_THAT(log.why(), HasSubstr("NOAUTH"));
}

}  // namespace
}  // namespace tokenforge::redis
