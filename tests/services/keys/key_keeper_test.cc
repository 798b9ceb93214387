#include "services/keys/key_keeper.h"

#include <gtest/gtest.h>

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
                                       .store_timeout = milliseconds(20'000)};

StoredValue Stored(KeyStore& store) {
  return fakes::Finish(store.Read(fakes::In(std::chrono::seconds(20)))).value().value();
}

class KeeperTest : public ::testing::Test {
 protected:
  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;

  // What another replica might store after this version.
  StoredValue Put(const KeySetRecord& set) {
    StoredValue stored{set.version, Encode(set, keks_).value()};
    store_.Put(stored);
    return stored;
  }
};

TEST_F(KeeperTest, HasNoKeysBeforeTheFirstRefresh) {
  const KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(keeper.Current(), nullptr);
}

TEST_F(KeeperTest, ColdStartMakesOneActiveAndOneNextKey) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto set = keeper.Current();
  ASSERT_EQ(set->keys().size(), 2u);
  std::set<KeyState> states;
  for (const auto& key : set->keys()) {
    EXPECT_EQ(key.record.publish_version, set->version());
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
  const KeySetRecord newer = TwoKeys(keks_, keeper.Current()->version() + 1);
  Put(newer);
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
  const StoredValue damaged{before->version() + 1, Stored(store_).value + "x"};
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
  EXPECT_NE(status.message().find("'one', which the key file does not hold"),
            absl::string_view::npos);
  EXPECT_EQ(Stored(store_), before);
}

TEST_F(KeeperTest, VersionsGrowAlsoWhenTheStoreWasEmptiedWhileNoReplicaRan) {
  KeyKeeper before(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(before.Refresh().ok());
  const std::uint64_t last = before.Change(WithNewNextKey(clock_), "test").value()->version();
  store_.Put(std::nullopt);
  clock_.Advance(std::chrono::seconds(1));
  KeyKeeper after(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(after.Refresh().ok());
  EXPECT_GT(after.Current()->version(), last);
}

TEST_F(KeeperTest, ChangeIsStoredAndInUse) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto before = keeper.Current();
  const auto after = keeper.Change(WithNewNextKey(clock_), "test");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ((*after)->version(), before->version() + 1);
  EXPECT_EQ(keeper.Current(), *after);
  EXPECT_EQ(Stored(store_).version, (*after)->version());
}

TEST_F(KeeperTest, ChangeThatLosesTheRaceBeginsAnewWithTheWinnersSet) {
  KeyKeeper loser(store_, keks_, clock_, kQuick);
  KeyKeeper winner(store_, keks_, clock_, kQuick);
  ASSERT_TRUE(loser.Refresh().ok());
  ASSERT_TRUE(winner.Refresh().ok());
  int attempts = 0;
  std::string spare;
  const auto change = [&](const KeySetRecord& set, const MakeKey& make) {
    const bool won = ++attempts > 1 || winner.Change(WithNewNextKey(clock_), "test").ok();
    EXPECT_TRUE(won);
    auto after = WithNewNext(set, Now(clock_), make);
    spare = attempts == 1 ? FindKey(*after, KeyState::kNext)->kid : spare;
    return after;
  };
  const auto after = loser.Change(change, "test");
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(attempts, 2);
  EXPECT_EQ((*after)->version(), winner.Current()->version() + 1);
  // The key made in vain was not thrown away: nobody had seen it.
  EXPECT_EQ(FindKey((*after)->ToRecord(), KeyState::kNext)->kid, spare);
}

TEST_F(KeeperTest, ChangeWithTheStoreAwayChangesNothing) {
  KeyKeeper keeper(store_, keks_, clock_, kQuick);
  EXPECT_EQ(errors::ReasonOf(keeper.Change(WithNewNextKey(clock_), "test").status()),
            reasons::DEPENDENCY_DOWN);
  ASSERT_TRUE(keeper.Refresh().ok());
  const auto before = keeper.Current();
  store_.SetAway(true);
  EXPECT_EQ(errors::ReasonOf(keeper.Change(WithNewNextKey(clock_), "test").status()),
            reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(keeper.Current(), before);
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
  const auto current = keeper.Current();  // held: a loop does not keep what its range is a part of
  for (const auto& key : current->keys()) {
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
