// The client of whichever server is the primary, on real servers and sentinels that die, stop and
// hand over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "lib/sync/mutex.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/redis_sentinel.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::AskLater;
using fakes::ConnectionLog;
using fakes::In;
using fakes::RedisSentinel;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace reasons = errors::reasons;

// As tokenforge-sessions comes: with the passwords of the files that ship.
Options OptionsFor(const std::string& address) {
  Options options = fakes::As("sessions", fakes::OptionsFor(address));
  options.sentinel_username = "tokenforge";
  options.sentinel_password = secret::Secret(fakes::AclUsers::PasswordOf("tokenforge"));
  options.connect_timeout = seconds(1);
  return options;
}

const Script& Put() {
  static const Script script("put", "return redis.call('SET', KEYS[1], ARGV[1])");
  return script;
}

std::string KeyOf(int number) { return "tf:{b1}:u:" + std::to_string(number); }

Command Putting(int number) {
  const std::vector<std::string> keys = {KeyOf(number)};
  const std::vector<std::string> arguments = {"x"};
  return Command(Put(), keys, arguments);
}

class SentinelClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> OpenUp(Options options) {
    auto client = Open(std::move(options), &log_);
    log_.AwaitUps(1);
    return client;
  }
  std::unique_ptr<Client> OpenUp() { return OpenUp(OptionsFor(redis_.address())); }

  RedisSentinel redis_;
  ConnectionLog log_;
};

// Writes one after the other, as fast as they are answered, and remembers what came out.
class Writer {
 public:
  explicit Writer(Client& client) : thread_([this, &client] { Run(client); }) {}
  ~Writer() { Stop(); }

  // Waits until so many more have been answered well.
  void AwaitMore(int count) {
    const sync::MutexLock lock(&mutex_);
    for (const int wanted = written_ + count; written_ < wanted;) changed_.Wait(&mutex_);
  }
  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  std::map<std::string, int> failures() {
    const sync::MutexLock lock(&mutex_);
    return failures_;
  }

 private:
  void Run(Client& client) {
    for (int number = 0; !stop_; ++number) {
      const auto reply = Ask(client, Putting(number), seconds(60));
      const sync::MutexLock lock(&mutex_);
      if (reply.ok()) {
        ++written_;
      } else {
        ++failures_[std::string(reply.status().message())];
      }
      changed_.NotifyAll();
    }
  }

  std::atomic<bool> stop_ = false;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  int written_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> failures_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

TEST_F(SentinelClientTest, GoesToThePrimary) {
  const auto client = OpenUp();
  EXPECT_TRUE(client->Connected());
  ASSERT_TRUE(Ask(*client, Putting(1)).ok());
  EXPECT_EQ(redis_.Tell(0, {"GET", KeyOf(1)}), "x");
  EXPECT_EQ(redis_.Tell(0, {"WAIT", "2", "20000"}), "2");
  EXPECT_TRUE(fakes::Finish(CheckServer(*client, {}, In(seconds(20)))).ok());
}

TEST_F(SentinelClientTest, AKilledPrimaryFailsNoScript) {
  const auto client = OpenUp();
  Writer writer(*client);
  writer.AwaitMore(100);
  redis_.KillServer(0);
  const int next = redis_.AwaitPrimaryOtherThan(0);
  writer.AwaitMore(100);
  // It comes back as what it was, and is taken for it by nobody.
  redis_.StartServer(0);
  writer.AwaitMore(100);
  redis_.AwaitReplica(0);
  writer.Stop();
  EXPECT_THAT(writer.failures(), IsEmpty());
  ASSERT_TRUE(Ask(*client, Command({"SET", "tf:{b1}:u:last", "y"})).ok());
  EXPECT_EQ(redis_.Tell(next, {"GET", "tf:{b1}:u:last"}), "y");
}

TEST_F(SentinelClientTest, AStoppedPrimaryIsLeftAndWhatItOwesIsAskedOfTheNext) {
  const auto client = OpenUp();
  ASSERT_TRUE(Ask(*client, Putting(0)).ok());
  redis_.PauseServer(0);
  auto script = AskLater(*client, Putting(1), In(seconds(60)));
  auto reading = AskLater(*client, Command({"GET", KeyOf(0)}), In(seconds(60)));
  auto writing = AskLater(*client, Command({"SET", KeyOf(2), "x"}), In(seconds(60)));
  const int next = redis_.AwaitPrimaryOtherThan(0);
  EXPECT_TRUE(script.get().ok());
  EXPECT_TRUE(reading.get().ok());
  const auto lost = writing.get();
  EXPECT_EQ(ReasonOf(lost.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(std::string(lost.status().message()), HasSubstr("may have run"));
  EXPECT_EQ(redis_.Tell(next, {"GET", KeyOf(1)}), "x");
  redis_.ResumeServer(0);
  redis_.AwaitReplica(0);
  EXPECT_TRUE(Ask(*client, Putting(3)).ok());
}

TEST_F(SentinelClientTest, HandingOverFailsNoScript) {
  const auto client = OpenUp();
  Writer writer(*client);
  writer.AwaitMore(100);
  for (int i = 0; i < 2; ++i) {
    redis_.ForceFailover();
    writer.AwaitMore(100);
  }
  writer.Stop();
  EXPECT_THAT(writer.failures(), IsEmpty());
}

TEST_F(SentinelClientTest, OneSentinelIsEnoughToFindTheOthers) {
  const auto client = OpenUp(OptionsFor(redis_.address_of_sentinel(2)));
  // Its two fellows are asked from now on, or the new primary would not be found.
  redis_.AwaitClientsOfSentinel(0);
  redis_.AwaitClientsOfSentinel(1);
  redis_.KillSentinel(2);
  redis_.KillServer(0);
  const int next = redis_.AwaitPrimaryOtherThan(0);
  ASSERT_TRUE(Ask(*client, Putting(1), seconds(60)).ok());
  EXPECT_EQ(redis_.Tell(next, {"GET", KeyOf(1)}), "x");
}

TEST_F(SentinelClientTest, WithoutSentinelsTheKnownPrimaryGoesOn) {
  const auto client = OpenUp();
  for (int i = 0; i < RedisSentinel::kNodes; ++i) redis_.KillSentinel(i);
  EXPECT_TRUE(Ask(*client, Putting(1)).ok());
  // And when it is lost too, nobody waits for longer than its deadline.
  redis_.KillServer(0);
  const auto reply = Ask(*client, Putting(2), milliseconds(300));
  EXPECT_EQ(ReasonOf(reply.status()), reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(reply.status()).has_value());
  redis_.StartSentinel(0);
  redis_.StartSentinel(1);
  redis_.AwaitPrimaryOtherThan(0);
  EXPECT_TRUE(Ask(*client, Putting(3), seconds(60)).ok());
}

TEST_F(SentinelClientTest, AWrongPasswordForSentinelsIsDownAndSaysWhichWithoutIt) {
  Options options = OptionsFor(redis_.address());
  options.sentinel_password = secret::Secret("hunter2");
  const auto client = Open(std::move(options), &log_);
  log_.AwaitDowns(1);
  EXPECT_FALSE(client->Connected());
  EXPECT_THAT(log_.why(), HasSubstr("WRONGPASS"));
  EXPECT_THAT(log_.why(), Not(HasSubstr("hunter2")));
}

TEST_F(SentinelClientTest, ANameThatNoSentinelKnowsIsSaid) {
  std::string address = redis_.address();
  address.replace(address.rfind('/') + 1, std::string::npos, "another");
  const auto client = Open(OptionsFor(address), &log_);
  log_.AwaitDowns(1);
  EXPECT_FALSE(client->Connected());
  EXPECT_THAT(log_.why(), HasSubstr("no primary of this name"));
}

TEST_F(SentinelClientTest, DestructionAnswersWhatWaitsForAPrimary) {
  std::atomic<int> calls = 0;
  {
    const auto client = OpenUp();
    redis_.PauseServer(0);
    for (int i = 0; i < 100; ++i) {
      client->Run(Putting(i), In(seconds(600)), [&](absl::StatusOr<Reply> reply) {
        EXPECT_FALSE(reply.ok());
        ++calls;
      });
    }
  }
  EXPECT_EQ(calls, 100);
}

}  // namespace
}  // namespace tokenforge::redis
