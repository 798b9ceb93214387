// The contract of KeyStore, on every body of it.
#include "services/keys/key_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/redis/subscription.h"
#include "services/keys/key_store_memory.h"
#include "services/keys/key_store_redis.h"
#include "tests/contract/keys/shared_servers.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;
using std::chrono::seconds;
using std::string_literals::operator""s;

class StoreBody {
 public:
  virtual ~StoreBody() = default;
  virtual KeyStore& store() = 0;
  virtual void GoAway() = 0;
};

class MemoryBody final : public StoreBody {
 public:
  KeyStore& store() override { return store_; }
  void GoAway() override { store_.SetAway(true); }

 private:
  KeyStoreMemory store_;
};

class RedisBody final : public StoreBody {
 public:
  KeyStore& store() override { return store_; }
  void GoAway() override { server_.Kill(); }
  fakes::RedisServer& server() { return server_; }
  // A client of the test's own, which may do everything; the store's may do what the ACL grants.
  redis::Client& client() { return *client_; }
  void AwaitConnected() const {
    while (!stores_own_->Connected() || !client_->Connected()) std::this_thread::yield();
  }

 private:
  fakes::RedisServer server_{fakes::AclUsers()};
  std::unique_ptr<redis::Client> stores_own_ =
      redis::Open(fakes::As("keys", fakes::OptionsFor(server_.address())));
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(server_.address()));
  KeyStoreRedis store_{stores_own_.get()};
};

absl::StatusOr<std::optional<StoredValue>> Read(KeyStore& store) {
  return fakes::Finish(store.Read(fakes::In(seconds(20))));
}
absl::StatusOr<bool> Replace(KeyStore& store, std::uint64_t expected, StoredValue next) {
  return fakes::Finish(store.Replace(expected, std::move(next), fakes::In(seconds(20))));
}

#ifdef TOKENFORGE_SHARED_SERVERS
class SharedBody final : public StoreBody {
 public:
  KeyStore& store() override { return store_; }
  void GoAway() override { place_.GoAway(); }

 private:
  SharedServers place_;
  KeyStoreRedis store_{place_.stores_own()};
};
using RealBody = SharedBody;
#else
using RealBody = RedisBody;
#endif

enum class Kind { kMemory, kRedis };

class KeyStoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  KeyStoreTest() {
    if (GetParam() == Kind::kMemory) {
      body_ = std::make_unique<MemoryBody>();
    } else {
      body_ = std::make_unique<RealBody>();
    }
  }
  KeyStore& store() { return body_->store(); }
  std::unique_ptr<StoreBody> body_;
};

TEST_P(KeyStoreTest, IsEmptyAtFirst) { EXPECT_EQ(Read(store()).value(), std::nullopt); }

TEST_P(KeyStoreTest, ReadsBackEveryByte) {
  std::string bytes = "\0\r\n${}\xff"s;
  bytes += std::string(100'000, 'x');
  ASSERT_TRUE(Replace(store(), 0, {1, bytes}).value());
  EXPECT_EQ(Read(store()).value(), (StoredValue{1, bytes}));
}

TEST_P(KeyStoreTest, ReplacesOnlyTheExpectedVersion) {
  ASSERT_TRUE(Replace(store(), 0, {1, "one"}).value());
  EXPECT_FALSE(Replace(store(), 0, {1, "other"}).value());
  EXPECT_FALSE(Replace(store(), 2, {3, "three"}).value());
  EXPECT_EQ(Read(store()).value(), (StoredValue{1, "one"}));
  EXPECT_TRUE(Replace(store(), 1, {2, "two"}).value());
  EXPECT_EQ(Read(store()).value(), (StoredValue{2, "two"}));
}

TEST_P(KeyStoreTest, VersionsMaySkip) {
  ASSERT_TRUE(Replace(store(), 0, {7, "seven"}).value());
  EXPECT_EQ(Read(store()).value(), (StoredValue{7, "seven"}));
}

TEST_P(KeyStoreTest, LargeVersionsAreNotRounded) {
  const std::uint64_t large = (1ULL << 60) + 1;
  ASSERT_TRUE(Replace(store(), 0, {large, "a"}).value());
  EXPECT_FALSE(Replace(store(), large - 1, {large + 1, "b"}).value());
  EXPECT_TRUE(Replace(store(), large, {large + 1, "b"}).value());
  EXPECT_EQ(Read(store()).value(), (StoredValue{large + 1, "b"}));
}

TEST_P(KeyStoreTest, RepeatedReplaceSaysThatItHappened) {
  ASSERT_TRUE(Replace(store(), 0, {1, "one"}).value());
  EXPECT_TRUE(Replace(store(), 0, {1, "one"}).value());
}

TEST_P(KeyStoreTest, OfManyAtOnceExactlyOneWins) {
  for (std::uint64_t version = 0; version < 20; ++version) {
    std::atomic<int> winners = 0;
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i) {
      racers.emplace_back([&, i] {
        if (Replace(store(), version, {version + 1, "by " + std::to_string(i)}).value()) ++winners;
      });
    }
    for (std::thread& racer : racers) racer.join();
    ASSERT_EQ(winners, 1) << version;
    ASSERT_EQ(Read(store()).value()->version, version + 1);
  }
}

TEST_P(KeyStoreTest, StoreThatIsAwayNeverLooksEmpty) {
  ASSERT_TRUE(Replace(store(), 0, {1, "one"}).value());
  body_->GoAway();
  const auto read = fakes::Finish(store().Read(fakes::In(seconds(2))));
  EXPECT_EQ(errors::ReasonOf(read.status()), reasons::DEPENDENCY_DOWN);
  const auto replaced = fakes::Finish(store().Replace(1, {2, "two"}, fakes::In(seconds(2))));
  EXPECT_EQ(errors::ReasonOf(replaced.status()), reasons::DEPENDENCY_DOWN);
}

#ifdef TOKENFORGE_SHARED_SERVERS
INSTANTIATE_TEST_SUITE_P(OnSharedServers, KeyStoreTest, ::testing::Values(Kind::kRedis));
#else
INSTANTIATE_TEST_SUITE_P(Bodies, KeyStoreTest, ::testing::Values(Kind::kMemory, Kind::kRedis),
                         [](const auto& parameter) {
                           return parameter.param == Kind::kMemory ? "Memory" : "Redis";
                         });
#endif

TEST(KeyStoreRedisTest, AcknowledgedValueSurvivesAKilledServer) {
  RedisBody body;
  ASSERT_TRUE(Replace(body.store(), 0, {1, "one"}).value());
  body.server().Restart();
  body.AwaitConnected();
  EXPECT_EQ(Read(body.store()).value(), (StoredValue{1, "one"}));
}

TEST(KeyStoreRedisTest, ScriptsAreSentAgainAfterTheServerForgotThem) {
  RedisBody body;
  ASSERT_TRUE(Replace(body.store(), 0, {1, "one"}).value());
  ASSERT_TRUE(fakes::Ask(body.client(), {"SCRIPT", "FLUSH"}).ok());
  EXPECT_EQ(Read(body.store()).value(), (StoredValue{1, "one"}));
}

TEST(KeyStoreRedisTest, EveryKeyHasALifeThatReadingProlongs) {
  RedisBody body;
  ASSERT_TRUE(Replace(body.store(), 0, {1, "one"}).value());
  const auto life = [&] {
    return fakes::Ask(body.client(), {"TTL", KeyStoreRedis::kKey})->AsInteger().value();
  };
  EXPECT_GT(life(), 364 * 86400);
  ASSERT_TRUE(fakes::Ask(body.client(), {"EXPIRE", KeyStoreRedis::kKey, "100"}).ok());
  ASSERT_TRUE(Read(body.store()).ok());
  EXPECT_GT(life(), 364 * 86400);
}

TEST(KeyStoreRedisTest, DamagedHashIsAnErrorAndStaysAsItIs) {
  RedisBody body;
  ASSERT_TRUE(fakes::Ask(body.client(), {"HSET", KeyStoreRedis::kKey, "value", "x"}).ok());
  EXPECT_EQ(errors::ReasonOf(Read(body.store()).status()), reasons::INTERNAL_FAULT);
  for (const char* version : {"", "-1", "0", "1x", "99999999999999999999"}) {
    ASSERT_TRUE(fakes::Ask(body.client(), {"HSET", KeyStoreRedis::kKey, "version", version}).ok());
    EXPECT_EQ(errors::ReasonOf(Read(body.store()).status()), reasons::INTERNAL_FAULT) << version;
  }
  ASSERT_TRUE(fakes::Ask(body.client(), {"DEL", KeyStoreRedis::kKey}).ok());
  ASSERT_TRUE(fakes::Ask(body.client(), {"SET", KeyStoreRedis::kKey, "a string"}).ok());
  EXPECT_EQ(errors::ReasonOf(Read(body.store()).status()), reasons::INTERNAL_FAULT);
  EXPECT_FALSE(Replace(body.store(), 0, {1, "one"}).ok());
  EXPECT_EQ(fakes::Ask(body.client(), {"GET", KeyStoreRedis::kKey})->AsBytes().value(), "a string");
}

TEST(KeyStoreRedisTest, EachNewVersionIsPublishedAndARefusedOneIsNot) {
  RedisBody body;
  std::promise<void> subscribed;
  std::promise<std::string> heard;
  const auto subscription = redis::Subscribe(
      fakes::OptionsFor(body.server().address()), KeyStoreRedis::kNews,
      {.on_subscribed = [&subscribed] { subscribed.set_value(); },
       .on_message =
           [&heard](std::string_view version) { heard.set_value(std::string(version)); }});
  subscribed.get_future().wait();
  EXPECT_FALSE(Replace(body.store(), 3, {4, "lost"}).value());
  ASSERT_TRUE(Replace(body.store(), 0, {7, "one"}).value());
  EXPECT_EQ(heard.get_future().get(), "7");
}

TEST(KeyStoreRedisTest, UserWhoMayNotPublishStoresAllTheSame) {
  RedisBody body;
  ASSERT_TRUE(fakes::Ask(body.client(), {"ACL", "SETUSER", "u", "on", "nopass", "~tf:{keys}:*",
                                         "+@all", "resetchannels"})
                  .ok());
  redis::Options options = fakes::OptionsFor(body.server().address());
  options.username = "u";
  options.password = secret::Secret("any");
  const auto client = redis::Open(std::move(options));
  KeyStoreRedis store(client.get());
  ASSERT_TRUE(Replace(store, 0, {1, "one"}).value());
  EXPECT_EQ(Read(store).value(), (StoredValue{1, "one"}));
}

TEST(KeyStoreRedisTest, ValueWithoutItsVersionIsNotTakenForNothing) {
  RedisBody body;
  ASSERT_TRUE(fakes::Ask(body.client(), {"HSET", KeyStoreRedis::kKey, "value", "keys!"}).ok());
  EXPECT_FALSE(Replace(body.store(), 0, {1, "one"}).value_or(false));
  EXPECT_EQ(fakes::Ask(body.client(), {"HGET", KeyStoreRedis::kKey, "value"})->AsBytes().value(),
            "keys!");
}

}  // namespace
}  // namespace tokenforge::keys
