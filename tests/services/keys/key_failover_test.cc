// A store that lost its last writes (a failover): what replicas know is put back, and no revocation
// is undone by it.
#include <gtest/gtest.h>

#include <thread>

#include "services/keys/key_keeper.h"
#include "services/keys/key_store_memory.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {
namespace {

constexpr KeyKeeper::Options kQuick = {.algorithm = jose::Algorithm::kEdDsa,
                                       .store_timeout = std::chrono::seconds(20)};

class FailoverTest : public ::testing::Test {
 protected:
  FailoverTest() {
    EXPECT_TRUE(a_.Refresh().ok());
    EXPECT_TRUE(b_.Refresh().ok());
  }
  std::optional<StoredValue> Stored() {
    return fakes::Finish(store_.Read(fakes::In(std::chrono::seconds(20)))).value();
  }
  KeyKeeper::How Rotate() {
    return [this](const KeySetRecord& set, const MakeKey& make) {
      return Rotated(set, Now(clock_), make);
    };
  }
  KeyKeeper::How RevokeAll() {
    return [this](const KeySetRecord& set, const MakeKey& make) {
      return AllRevoked(set, Now(clock_), make);
    };
  }
  static KeyState StateOf(const KeyKeeper& keeper, const std::string& kid) {
    const KeySet::Key* const key = keeper.Current()->Find(kid);
    EXPECT_NE(key, nullptr) << kid;
    return key == nullptr ? KeyState::kRevoked : key->record.state;
  }
  void ExpectAgreement() {
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(a_.Refresh().ok());
      ASSERT_TRUE(b_.Refresh().ok());
    }
    EXPECT_EQ(a_.Current()->version(), b_.Current()->version());
    EXPECT_EQ(a_.Current()->jwks(), b_.Current()->jwks());
    EXPECT_EQ(a_.Current()->active().kid(), b_.Current()->active().kid());
  }

  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;
  KeyKeeper a_{store_, keks_, clock_, kQuick};
  KeyKeeper b_{store_, keks_, clock_, kQuick};
};

TEST_F(FailoverTest, StoreThatLostItsLastWriteGetsItBack) {
  const auto old = Stored();
  const auto newest = a_.Change(Rotate(), "test").value();
  store_.Put(old);  // a server that had not seen it takes over
  ASSERT_TRUE(a_.Refresh().ok());
  EXPECT_EQ(a_.Current()->active().kid(), newest->active().kid());
  EXPECT_EQ(a_.Current()->jwks(), newest->jwks());
  EXPECT_EQ(a_.Current()->version(), newest->version() + 1);
  EXPECT_EQ(Stored()->version, newest->version() + 1);
  ExpectAgreement();
}

TEST_F(FailoverTest, EmptiedStoreGetsTheSameKeysBack) {
  const std::string jwks = a_.Current()->jwks();
  const std::uint64_t version = a_.Current()->version();
  store_.Put(std::nullopt);
  ASSERT_TRUE(a_.Refresh().ok());
  EXPECT_EQ(a_.Current()->jwks(), jwks);
  EXPECT_EQ(Stored()->version, version + 1);
  ExpectAgreement();
}

TEST_F(FailoverTest, OlderValueBringsNoForgottenKeyBack) {
  const auto old = Stored();
  const std::string first = a_.Current()->active().kid();
  ASSERT_TRUE(a_.Change(Rotate(), "test").ok());
  const KeyKeeper::How forget = [&](const KeySetRecord& set, const MakeKey&) {
    return absl::StatusOr<KeySetRecord>(Without(set, {first}));
  };
  ASSERT_TRUE(a_.Change(forget, "test").ok());
  store_.Put(old);  // somebody with the store's password replays it
  ASSERT_TRUE(a_.Refresh().ok());
  EXPECT_EQ(a_.Current()->Find(first), nullptr);
}

TEST_F(FailoverTest, DamagedOlderValueIsNotOverwritten) {
  ASSERT_TRUE(a_.Change(Rotate(), "test").ok());
  const StoredValue damaged{1, "not a key set"};
  store_.Put(damaged);
  EXPECT_EQ(a_.Refresh().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Stored(), damaged);
}

TEST_F(FailoverTest, TwoSetsUnderOneVersionAreMerged) {
  const auto old = Stored();
  const std::string first = a_.Current()->active().kid();
  const std::string second = a_.Change(Rotate(), "test").value()->active().kid();
  store_.Put(old);
  ASSERT_TRUE(b_.Change(Rotate(), "test").ok());  // had not heard of a's
  ASSERT_EQ(a_.Current()->version(), b_.Current()->version());
  ExpectAgreement();
  EXPECT_EQ(StateOf(a_, first), KeyState::kRetired);
  EXPECT_EQ(a_.Current()->active().kid(), second);
}

TEST_F(FailoverTest, RevocationThatTheStoreLostIsNotUndone) {
  const auto old = Stored();
  const std::string stolen = a_.Current()->active().kid();
  const std::string fresh = a_.Change(RevokeAll(), "test").value()->active().kid();
  store_.Put(old);
  ASSERT_TRUE(b_.Change(Rotate(), "test").ok());
  ASSERT_TRUE(a_.Refresh().ok());
  ExpectAgreement();
  EXPECT_EQ(StateOf(a_, stolen), KeyState::kRevoked);
  EXPECT_NE(StateOf(a_, fresh), KeyState::kRevoked) << "it has signed";
}

TEST_F(FailoverTest, RevocationThatTheStoreLostIsNotUndoneByTwoLaterChanges) {
  const auto old = Stored();
  const std::string stolen = a_.Current()->active().kid();
  ASSERT_TRUE(a_.Change(RevokeAll(), "test").ok());
  store_.Put(old);
  ASSERT_TRUE(b_.Change(Rotate(), "test").ok());
  ASSERT_TRUE(b_.Change(Rotate(), "test").ok());
  ExpectAgreement();
  EXPECT_EQ(StateOf(a_, stolen), KeyState::kRevoked);
}

TEST_F(FailoverTest, RevocationInTheSetThatWasBehindIsKept) {
  const auto old = Stored();
  const std::string stolen = b_.Current()->active().kid();
  ASSERT_TRUE(a_.Change(Rotate(), "test").ok());
  ASSERT_TRUE(a_.Change(Rotate(), "test").ok());
  store_.Put(old);
  ASSERT_TRUE(b_.Change(RevokeAll(), "test").ok());
  ASSERT_LT(b_.Current()->version(), a_.Current()->version());
  ExpectAgreement();
  EXPECT_EQ(StateOf(a_, stolen), KeyState::kRevoked);
}

TEST_F(FailoverTest, ReplicasThatPutBackAtOnceAgreeInTheEnd) {
  for (int round = 0; round < 50; ++round) {
    store_.Put(std::nullopt);
    std::thread other([this] { EXPECT_TRUE(b_.Refresh().ok()); });
    EXPECT_TRUE(a_.Refresh().ok());
    other.join();
    ExpectAgreement();
  }
}

}  // namespace
}  // namespace tokenforge::keys
