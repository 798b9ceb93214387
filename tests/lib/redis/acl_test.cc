// The users of deploy/redis: what each may not do. What they may do is shown by the contract suites
// of the stores, which run as these users, and by the servers and sentinels of RedisSentinel.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/subscription.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::As;
using fakes::Ask;
using fakes::OptionsFor;
using ::testing::HasSubstr;
namespace reasons = errors::reasons;

class AclTest : public ::testing::Test {
 protected:
  AclTest() {
    EXPECT_TRUE(Ask(*admin_, Command({"SET", "tf:{b1}:u:somebody", "x"})).ok());
    EXPECT_TRUE(Ask(*admin_, Command({"SET", "tf:{keys}:set", "x"})).ok());
  }
  void ExpectRefused(Client& client, Command command, const std::string& what) {
    const auto reply = Ask(client, std::move(command));
    EXPECT_EQ(ReasonOf(reply.status()), reasons::INTERNAL_FAULT) << what;
    EXPECT_THAT(std::string(reply.status().message()), HasSubstr("NOPERM")) << what;
  }
  std::unique_ptr<Client> OpenAs(const std::string& user) {
    return Open(As(user, OptionsFor(server_.address())));
  }

  fakes::RedisServer server_{fakes::AclUsers()};
  std::unique_ptr<Client> admin_ = Open(OptionsFor(server_.address()));
};

TEST_F(AclTest, AServiceMayPassTheCheckAtItsStart) {
  for (const char* user : {"sessions", "keys"}) {
    const auto client = OpenAs(user);
    EXPECT_TRUE(fakes::Finish(CheckServer(*client, {}, fakes::In(std::chrono::seconds(20)))).ok())
        << user;
    EXPECT_TRUE(Ask(*client, Command({"ROLE"})).ok()) << user;
  }
}

TEST_F(AclTest, NobodyAdministersListsOrDestroys) {
  const std::vector<std::vector<std::string_view>> commands = {
      {"FLUSHALL"},
      {"FLUSHDB"},
      {"KEYS", "*"},
      {"SCAN", "0"},
      {"RANDOMKEY"},
      {"DBSIZE"},
      {"CONFIG", "GET", "*"},
      {"CONFIG", "SET", "dir", "elsewhere"},
      {"ACL", "LIST"},
      {"ACL", "SETUSER", "default", "on"},
      {"SHUTDOWN"},
      {"REPLICAOF", "NO", "ONE"},
      {"SAVE"},
      {"MODULE", "LIST"},
      {"CLIENT", "LIST"},
      {"CLUSTER", "RESET"},
      {"SCRIPT", "FLUSH"},
      {"FUNCTION", "LIST"},
      {"MIGRATE", "127.0.0.1", "1", "tf:{b1}:u:somebody", "0", "10"},
      {"DUMP", "tf:{b1}:u:somebody"},
      {"RENAME", "tf:{b1}:u:somebody", "tf:{b1}:u:another"},
  };
  for (const char* user : {"sessions", "keys", "replica", "sentinel"}) {
    const auto client = OpenAs(user);
    for (const std::vector<std::string_view>& command : commands) {
      ExpectRefused(*client, Command(std::span(command)),
                    std::string(user) + " " + std::string(command.front()));
    }
  }
}

TEST_F(AclTest, EachKeepsToItsOwnKeys) {
  const auto sessions = OpenAs("sessions");
  const auto keys = OpenAs("keys");
  EXPECT_TRUE(Ask(*sessions, Command({"GET", "tf:{b1}:u:somebody"})).ok());
  EXPECT_TRUE(Ask(*keys, Command({"GET", "tf:{keys}:set"})).ok());
  ExpectRefused(*sessions, Command({"GET", "tf:{keys}:set"}), "the signing keys");
  ExpectRefused(*keys, Command({"GET", "tf:{b1}:u:somebody"}), "a user's sessions");
  for (const auto& client : {sessions.get(), keys.get()}) {
    ExpectRefused(*client, Command({"GET", "anything"}), "a stranger's key");
    ExpectRefused(*client, Command({"SET", "tf:", "x"}), "a key of none");
  }
  for (const char* user : {"replica", "sentinel"}) {
    ExpectRefused(*OpenAs(user), Command({"GET", "tf:{keys}:set"}), user);
  }
}

TEST_F(AclTest, AScriptMayNoMoreThanWhoCallsIt) {
  const auto sessions = OpenAs("sessions");
  const std::vector<std::string> own = {"tf:{b1}:u:somebody"};
  const std::vector<std::string> foreign = {"tf:{keys}:set"};
  const Script get("get", "return redis.call('GET', KEYS[1])");
  const Script flush("flush", "return redis.call('FLUSHALL')");
  const Script reach("reach", "return redis.call('GET', 'tf:{keys}:set')");
  EXPECT_EQ(*Ask(*sessions, Command(get, own, {}))->AsBytes(), "x");
  ExpectRefused(*sessions, Command(get, foreign, {}), "a foreign key");
  // Inside a script the refusal is an error of the script: which command is not told.
  EXPECT_EQ(ReasonOf(Ask(*sessions, Command(flush, own, {})).status()), reasons::INTERNAL_FAULT);
  EXPECT_EQ(ReasonOf(Ask(*sessions, Command(reach, own, {})).status()), reasons::INTERNAL_FAULT);
  EXPECT_EQ(*Ask(*admin_, Command({"GET", "tf:{keys}:set"}))->AsBytes(), "x");
}

TEST_F(AclTest, OnlyKeysSpeaksInTheChannelOfKeys) {
  ExpectRefused(*OpenAs("sessions"), Command({"PUBLISH", "tf:{keys}:news", "2"}), "to publish");
  const auto keys = OpenAs("keys");
  EXPECT_TRUE(Ask(*keys, Command({"PUBLISH", "tf:{keys}:news", "2"})).ok());
  ExpectRefused(*keys, Command({"PUBLISH", "__sentinel__:hello", "x"}), "the sentinels' channel");
}

// As they are shipped, before an operator has given anybody a password.
TEST_F(AclTest, WithoutPasswordsTheFileLetsNobodyIn) {
  const std::string shipped = std::string(TOKENFORGE_SOURCE_DIR) + "/deploy/redis/users.acl";
  fakes::RedisServer bare({"--aclfile", shipped});
  for (const char* user : {"default", "sessions", "keys", "replica", "sentinel"}) {
    Options options = OptionsFor(bare.address());
    options.username = user;
    options.password = secret::Secret("");
    fakes::ConnectionLog log;
    const auto client = Open(std::move(options), &log);
    log.AwaitDowns(1);
    EXPECT_THAT(log.why(), HasSubstr("WRONGPASS")) << user;
  }
  fakes::ConnectionLog log;
  const auto client = Open(OptionsFor(bare.address()), &log);
  log.AwaitDowns(1);
  EXPECT_THAT(log.why(), HasSubstr("NOAUTH"));
}

}  // namespace
}  // namespace tokenforge::redis
