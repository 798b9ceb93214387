// What sentinels and servers may say, right or wrong, to a client that looks for the primary.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/scripted_server.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::Bulk;
using fakes::ConnectionLog;
using fakes::List;
using fakes::OptionsFor;
using fakes::ScriptedServer;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;
namespace reasons = errors::reasons;

// A server: of this role, and with this answer to everything that is not about itself.
class Server {
 public:
  explicit Server(std::string role, std::string answer = "+OK\r\n")
      : role_(std::move(role)), answer_(std::move(answer)) {}

  int port() const { return server_.port(); }
  ScriptedServer& scripted() { return server_; }

 private:
  std::string Say(const Words& command) const {
    if (command[0] == "PING") return "+PONG\r\n";
    if (command[0] == "ROLE") return "*2\r\n" + Bulk(role_) + ":0\r\n";
    return answer_;
  }

  const std::string role_, answer_;
  ScriptedServer server_{[this](const Words& command) { return Say(command); }};
};

// A sentinel: it names a port, as of a failover.
class Sentinel {
 public:
  Sentinel(int port, int epoch) : port_(port), epoch_(epoch) {}

  void Name(int port, int epoch) {
    epoch_ = epoch;
    port_ = port;
  }
  ScriptedServer& scripted() { return server_; }
  std::string address() const { return server_.address(); }

 private:
  std::string Say(const Words& command) const {
    if (command[0] == "PING") return "+PONG\r\n";
    if (command[0] == "SUBSCRIBE")
      return "*3\r\n" + Bulk("subscribe") + Bulk(command[1]) + ":1\r\n";
    const std::string port = std::to_string(port_);
    if (command[1] == "GET-MASTER-ADDR-BY-NAME") return List({"127.0.0.1", port});
    if (command[1] == "MASTER") return List({"name", "p", "config-epoch", std::to_string(epoch_)});
    return "*0\r\n";
  }

  std::atomic<int> port_, epoch_;
  ScriptedServer server_{[this](const Words& command) { return Say(command); }};
};

std::string AddressOf(const std::vector<const Sentinel*>& sentinels) {
  std::string list;
  for (const Sentinel* each : sentinels) list += (list.empty() ? "" : ",") + each->address();
  return "redis+sentinel://" + list + "/p";
}

Command SomeScript() {
  static const Script script("some", "return redis.call('SET', KEYS[1], 'x')");
  static const std::vector<std::string> keys = {"k"};
  return Command(script, keys, {});
}

TEST(SentinelAnswers, OfTwoThatDisagreeTheLaterFailoverIsRight) {
  Server before("master");
  Server now("master");
  Sentinel behind(before.port(), 3);
  Sentinel informed(now.port(), 4);
  ConnectionLog log;
  const auto client = Open(OptionsFor(AddressOf({&behind, &informed})), &log);
  // Whichever was heard first: once both have been, it is the one.
  now.scripted().Await("ROLE", 1);
  behind.scripted().Await("SENTINEL", 6);
  while (now.scripted().Count("SET") == 0) {
    ASSERT_TRUE(Ask(*client, Command({"SET", "k", "x"})).ok());
  }
  const int settled = before.scripted().Count("SET");
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Ask(*client, Command({"SET", "k", "x"})).ok());
  EXPECT_EQ(before.scripted().Count("SET"), settled);
}

TEST(SentinelAnswers, AServerThatIsNoPrimaryGetsNothing) {
  Server replica("slave");
  Server primary("master");
  Sentinel sentinel(replica.port(), 1);
  ConnectionLog log;
  const auto client = Open(OptionsFor(AddressOf({&sentinel})), &log);
  auto waiting = fakes::AskLater(*client, SomeScript(), fakes::In(seconds(60)));
  replica.scripted().Await("ROLE", 3);
  EXPECT_FALSE(client->Connected());
  EXPECT_THAT(log.why(), HasSubstr("no primary"));
  sentinel.Name(primary.port(), 2);
  EXPECT_TRUE(waiting.get().ok());
  EXPECT_EQ(replica.scripted().Count("EVALSHA"), 0);
  EXPECT_EQ(primary.scripted().Count("EVALSHA"), 1);
}

class NoPrimaryAnyMore : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Refusals, NoPrimaryAnyMore,
                         ::testing::Values("-READONLY You can't write.\r\n",
                                           "-LOADING Redis is loading.\r\n",
                                           "-MASTERDOWN Link is down.\r\n",
                                           "-ERR Error running script: @user_script: 1: -READONLY "
                                           "You can't write.\r\n"));

TEST_P(NoPrimaryAnyMore, TheCommandHasNotRunAndGoesToTheNext) {
  Server demoted("master", GetParam());
  Server primary("master");
  Sentinel sentinel(demoted.port(), 1);
  const auto client = Open(OptionsFor(AddressOf({&sentinel})));
  auto script = fakes::AskLater(*client, SomeScript(), fakes::In(seconds(60)));
  auto writing = fakes::AskLater(*client, Command({"SET", "k", "x"}), fakes::In(seconds(60)));
  demoted.scripted().Await("EVALSHA", 1);
  demoted.scripted().Await("SET", 1);
  sentinel.Name(primary.port(), 2);
  EXPECT_TRUE(script.get().ok());
  EXPECT_TRUE(writing.get().ok()) << "it was refused, so it may be sent again";
}

class AnswersOfAPrimary : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Refusals, AnswersOfAPrimary,
                         ::testing::Values("NOREPLICAS", "OOM", "MISCONF", "BUSY"));

TEST_P(AnswersOfAPrimary, EndTheCommandAndTheConnectionStays) {
  Server primary("master", std::string("-") + GetParam() + " that is so.\r\n");
  Sentinel sentinel(primary.port(), 1);
  const auto client = Open(OptionsFor(AddressOf({&sentinel})));
  for (int i = 0; i < 3; ++i) {
    const auto reply = Ask(*client, SomeScript());
    EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN) << reply.status();
    EXPECT_TRUE(errors::RetryAfterOf(reply.status()).has_value());
  }
  EXPECT_TRUE(client->Connected());
  EXPECT_EQ(primary.scripted().Count("ROLE"), 1);
}

TEST(SentinelAnswers, NonsenseIsNoAnswerAndWaitingEndsWithTheDeadline) {
  const std::vector<std::string> pieces = {"*0\r\n",
                                           "*-1\r\n",
                                           "$-1\r\n",
                                           ":7\r\n",
                                           "+OK\r\n",
                                           "-ERR no\r\n",
                                           List({"127.0.0.1", "0"}),
                                           List({"127.0.0.1", "99999"}),
                                           List({"", "1"}),
                                           List({std::string(300, 'h'), "1"}),
                                           List({"config-epoch", "-1"}),
                                           List({"config-epoch"}),
                                           List({"ip", "h", "port"}),
                                           "*1\r\n*3\r\n" + Bulk("ip") + Bulk("h") + ":1\r\n"};
  std::minstd_rand random(7);
  ScriptedServer sentinel([&](const Words& command) {
    return command[0] == "PING" ? "+PONG\r\n" : pieces[random() % pieces.size()];
  });
  ConnectionLog log;
  const auto client = Open(OptionsFor("redis+sentinel://" + sentinel.address() + "/p"), &log);
  const auto reply = Ask(*client, SomeScript(), milliseconds(500));
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN);
  sentinel.Await("SENTINEL", 300);
  EXPECT_FALSE(client->Connected());
}

}  // namespace
}  // namespace tokenforge::redis
