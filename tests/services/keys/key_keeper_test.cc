#include "services/keys/key_keeper.h"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/jose/base64url.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/keys/key_store_memory.h"
#include "services/keys/key_store_redis.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;

constexpr KeyKeeper::Options kQuick = {.algorithm = jose::Algorithm::kEdDsa,
                                       .poll_interval = milliseconds(5),
                                       .store_timeout = milliseconds(20'000)};

StoredValue Stored(KeyStore& store) {
  return fakes::Finish(store.Read(fakes::In(std::chrono::seconds(20)))).value().value();
}

class KeeperTest : public ::testing::Test {
 protected:
  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;
};

TEST_F(KeeperTest, HasNoKeysBeforeTheFirstRefresh) {
  const KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(keeper.Current(), nullptr);
}

TEST_F(KeeperTest, ColdStartMakesOneActiveAndOneNextKey) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto set = keeper.Current();
  EXPECT_EQ(set->version(), 1u);
  ASSERT_EQ(set->keys().size(), 2u);
  std::set<KeyState> states;
  for (const auto& key : set->keys()) {
    states.insert(key.record.state);
    EXPECT_EQ(key.record.create_time, std::chrono::floor<milliseconds>(clock_.Now()));
  }
  EXPECT_EQ(states, (std::set<KeyState>{KeyState::kNext, KeyState::kActive}));
  EXPECT_NE(telemetry::ExposeText().find("tokenforge_signing_keys{state=\"active\"} 1"),
            std::string::npos);
}

TEST_F(KeeperTest, RestartTakesTheSameKeys) {
  KeyKeeper first(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(first.Refresh().ok());
  KeyKeeper second(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(second.Refresh().ok());
  EXPECT_EQ(second.Current()->jwks(), first.Current()->jwks());
  EXPECT_EQ(store_.writes(), 1);
}

TEST_F(KeeperTest, ManyColdStartsAtOnceEndWithOneKeySet) {
  for (int round = 0; round < 20; ++round) {
    KeyStoreMemory store;
    std::vector<std::unique_ptr<KeyKeeper>> keepers;
    std::vector<std::thread> starts;
    for (int i = 0; i < 8; ++i) {
      keepers.push_back(std::make_unique<KeyKeeper>(store, keks_, clock_, kQuick));
      starts.emplace_back([keeper = keepers.back().get()] { EXPECT_TRUE(keeper->Refresh().ok()); });
    }
    for (std::thread& start : starts) start.join();
    for (const auto& keeper : keepers) {
      ASSERT_EQ(keeper->Current()->jwks(), keepers[0]->Current()->jwks());
      ASSERT_EQ(keeper->Current()->active().kid(), keepers[0]->Current()->active().kid());
    }
    EXPECT_EQ(store.writes(), 1);
  }
}

TEST_F(KeeperTest, StoreThatIsAwayAtTheStartMakesNoKeys) {
  store_.SetAway(true);
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(errors::ReasonOf(keeper.Refresh()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(keeper.Current(), nullptr);
  store_.SetAway(false);
  EXPECT_TRUE(keeper.Refresh().ok());
}

TEST_F(KeeperTest, KeysStayInUseWhileTheStoreIsAway) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto before = keeper.Current();
  store_.SetAway(true);
  EXPECT_FALSE(keeper.Refresh().ok());
  EXPECT_EQ(keeper.Current(), before);
}

TEST_F(KeeperTest, TakesWhatAnotherReplicaStored) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const KeySetRecord newer = TwoKeys(keks_, 2);
  store_.Put(StoredValue{2, Encode(newer, keks_).value()});
  ASSERT_TRUE(keeper.Refresh().ok());
  EXPECT_EQ(keeper.Current()->active().kid(), newer.keys[0].kid);
}

TEST_F(KeeperTest, DamagedValueIsRefusedAndNotOverwritten) {
  const StoredValue damaged{3, "not a key set"};
  store_.Put(damaged);
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  const absl::Status status = keeper.Refresh();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(keeper.Current(), nullptr);
  EXPECT_EQ(Stored(store_), damaged);
}

TEST_F(KeeperTest, DamageWhileRunningKeepsTheKeysInMemory) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto before = keeper.Current();
  const StoredValue damaged{2, Stored(store_).value + "x"};
  store_.Put(damaged);
  EXPECT_FALSE(keeper.Refresh().ok());
  EXPECT_EQ(keeper.Current(), before);
  EXPECT_EQ(Stored(store_), damaged);
}

TEST_F(KeeperTest, GenuineValueUnderAnotherVersionIsRefused) {
  store_.Put(StoredValue{9, Encode(TwoKeys(keks_, 2), keks_).value()});
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(keeper.Refresh().code(), absl::StatusCode::kDataLoss);
}

TEST_F(KeeperTest, MissingKekIsRefusedByNameAndNothingIsOverwritten) {
  KeyKeeper first(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(first.Refresh().ok());
  const StoredValue before = Stored(store_);
  const KeyEncryption other = KeksOf("two:" + KekText('2'));
  KeyKeeper second(store_, other, clock_, kQuick);
  const absl::Status status = second.Refresh();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("'one', which the KEK file does not hold"),
            absl::string_view::npos);
  EXPECT_EQ(Stored(store_), before);
}

TEST_F(KeeperTest, StoreThatLostItsLastWritesGetsThemBack) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const StoredValue old = Stored(store_);
  const KeySetRecord newer = TwoKeys(keks_, 2);
  store_.Put(StoredValue{2, Encode(newer, keks_).value()});
  ASSERT_TRUE(keeper.Refresh().ok());
  store_.Put(old);  // a failover to a server that had not seen version 2
  ASSERT_TRUE(keeper.Refresh().ok());
  EXPECT_EQ(keeper.Current()->active().kid(), newer.keys[0].kid);
  EXPECT_EQ(keeper.Current()->version(), 3u);
  EXPECT_EQ(Stored(store_).version, 3u);
  KeyKeeper late(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(late.Refresh().ok());
  EXPECT_EQ(late.Current()->jwks(), keeper.Current()->jwks());
}

TEST_F(KeeperTest, EmptiedStoreGetsTheSameKeysBack) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const std::string jwks = keeper.Current()->jwks();
  store_.Put(std::nullopt);
  ASSERT_TRUE(keeper.Refresh().ok());
  EXPECT_EQ(keeper.Current()->jwks(), jwks);
  EXPECT_EQ(Stored(store_).version, 2u);
}

TEST_F(KeeperTest, ReplicasThatPutBackAtOnceAgreeInTheEnd) {
  KeyKeeper a(store_, keks_, clock_, kQuick);
  KeyKeeper b(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(a.Refresh().ok());
  ASSERT_TRUE(b.Refresh().ok());
  for (int round = 0; round < 50; ++round) {
    store_.Put(std::nullopt);
    std::thread other([&b] { EXPECT_TRUE(b.Refresh().ok()); });
    EXPECT_TRUE(a.Refresh().ok());
    other.join();
    ASSERT_TRUE(a.Refresh().ok());
    ASSERT_TRUE(b.Refresh().ok());
    ASSERT_EQ(a.Current()->version(), b.Current()->version());
    ASSERT_EQ(a.Current()->jwks(), b.Current()->jwks());
  }
}

TEST_F(KeeperTest, PollingFollowsTheStore) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  std::promise<void> taken;
  telemetry::SetLogSink([&](telemetry::Level, std::string_view line) {
    if (line.find("\"version\":2") != std::string_view::npos) taken.set_value();
  });
  telemetry::SetLogLevel(telemetry::Level::kInfo);
  keeper.StartPolling();
  const KeySetRecord newer = TwoKeys(keks_, 2);
  store_.Put(StoredValue{2, Encode(newer, keks_).value()});
  taken.get_future().wait();
  keeper.Stop();
  telemetry::SetLogSink({});
  EXPECT_EQ(keeper.Current()->active().kid(), newer.keys[0].kid);
}

TEST_F(KeeperTest, AlgorithmIsTheConfiguredOne) {
  for (const auto algorithm :
       {jose::Algorithm::kRs256, jose::Algorithm::kEs256, jose::Algorithm::kEdDsa}) {
    KeyStoreMemory store;
    KeyKeeper keeper(store, keks_, clock_, {.algorithm = algorithm});
    ASSERT_TRUE(keeper.Refresh().ok());
    EXPECT_EQ(keeper.Current()->active().public_key().algorithm(), algorithm);
  }
}

// Redis, for what only a real store can show.
class RedisKeeperTest : public ::testing::Test {
 protected:
  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  fakes::RedisServer server_;
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(server_.address()));
  KeyStoreRedis store_{client_.get()};
};

TEST_F(RedisKeeperTest, ReplicasThatStartAtOnceEndWithOneKeySet) {
  std::vector<std::unique_ptr<redis::Client>> clients;
  std::vector<std::unique_ptr<KeyStoreRedis>> stores;
  std::vector<std::unique_ptr<KeyKeeper>> keepers;
  std::vector<std::thread> starts;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(redis::Open(fakes::OptionsFor(server_.address())));
    stores.push_back(std::make_unique<KeyStoreRedis>(clients.back().get()));
    keepers.push_back(std::make_unique<KeyKeeper>(*stores.back(), keks_, clock_, kQuick));
    starts.emplace_back([keeper = keepers.back().get()] { EXPECT_TRUE(keeper->Refresh().ok()); });
  }
  for (std::thread& start : starts) start.join();
  for (const auto& keeper : keepers) {
    EXPECT_EQ(keeper->Current()->jwks(), keepers[0]->Current()->jwks());
  }
}

TEST_F(RedisKeeperTest, SignsOnAfterRedisWasKilledAndKeepsItsKeysWhenItIsBack) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const std::string kid = keeper.Current()->active().kid();
  server_.Kill();
  EXPECT_EQ(errors::ReasonOf(keeper.Refresh()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(keeper.Current()->active().kid(), kid);
  server_.Start();
  while (!client_->Connected()) std::this_thread::yield();
  KeyKeeper again(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(again.Refresh().ok());
  EXPECT_EQ(again.Current()->active().kid(), kid);
}

TEST_F(RedisKeeperTest, HashOfSomebodyElseIsRefusedAndNotOverwritten) {
  ASSERT_TRUE(fakes::Ask(*client_, {"HSET", KeyStoreRedis::kKey, "foreign", "field"}).ok());
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(keeper.Refresh().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(fakes::Ask(*client_, {"HLEN", KeyStoreRedis::kKey})->AsInteger().value(), 1);
}

TEST_F(RedisKeeperTest, NoPrivateByteIsInRedisOrInTheLog) {
  std::string log;
  std::mutex mutex;
  telemetry::SetLogSink([&](telemetry::Level, std::string_view line) {
    const std::lock_guard<std::mutex> lock(mutex);
    log += line;
  });
  KeyKeeper::Options options = kQuick;
  options.algorithm = jose::Algorithm::kRs256;
  KeyKeeper keeper(store_, keks_, clock_, options);
  ASSERT_TRUE(keeper.Refresh().ok());
  telemetry::SetLogSink({});
  std::string everything = log + keeper.Current()->jwks();
  everything += fakes::Ask(*client_, {"HGET", KeyStoreRedis::kKey, "value"})->AsBytes().value();
  for (const auto& key : keeper.Current()->keys()) {
    const secret::Secret der = OpenKey(key.record, keks_)->ToPkcs8().value();
    // Each stretch of the private half, raw and as base64url in every phase; the public modulus is
    // skipped.
    for (size_t at = der.size() / 2; at + 24 < der.size(); at += 24) {
      const std::string_view piece = der.Expose().substr(at, 24);
      EXPECT_EQ(everything.find(piece), std::string::npos);
      for (size_t phase = 0; phase < 3; ++phase) {
        EXPECT_EQ(everything.find(jose::base64url::Encode(piece.substr(phase, 18))),
                  std::string::npos);
      }
    }
  }
  for (const char* mark : {"PRIVATE", "\"d\"", "\"p\"", "\"q\""}) {
    EXPECT_EQ(everything.find(mark), std::string::npos) << mark;
  }
}

}  // namespace
}  // namespace tokenforge::keys
