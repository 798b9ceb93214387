// The cycle: what the rule decides is done, once, by whichever replica is first.
#include "services/keys/key_cycle.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/keys/guard_report_store_memory.h"
#include "services/keys/key_store_memory.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/services/keys/some_keys.h"
#include "tests/services/keys/some_replica.h"

namespace tokenforge::keys {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class KeyCycleTest : public ::testing::Test {
 protected:
  Replica NewReplica() { return {store_, reports_, keks_, clock_}; }
  void Report(int connected, std::uint64_t least) {
    GuardReport report;
    report.facade_id = "facade";
    report.connected = connected;
    report.least_applied_version = least;
    report.behind = {"slow guard"};
    ASSERT_TRUE(fakes::Finish(reports_.Report(report, fakes::In(kPatience))).ok());
  }

  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;
  GuardReportStoreMemory reports_{clock_};
};

TEST_F(KeyCycleTest, WholeLifeOfAKey) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::string first = replica.active();
  const std::string second = replica.KidIn(KeyState::kNext);
  clock_.Advance(days(7));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.active(), second);
  EXPECT_EQ(replica.KidIn(KeyState::kRetired), first);
  clock_.Advance(minutes(31));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.keeper.Current()->Find(first), nullptr);
  EXPECT_EQ(replica.keeper.Current()->keys().size(), 2u);
}

TEST_F(KeyCycleTest, SaysWhenToLookAgain) {
  Replica replica = NewReplica();
  Span again{0};
  ASSERT_TRUE(replica.cycle.Tick(&again).ok());
  EXPECT_EQ(again, hours(1));
  clock_.Advance(days(7) - seconds(5));
  ASSERT_TRUE(replica.cycle.Tick(&again).ok());
  EXPECT_EQ(again, seconds(5));
}

TEST_F(KeyCycleTest, ReplicaThatJustStartedWatchesNextFirst) {
  Replica before = NewReplica();
  ASSERT_TRUE(before.cycle.Tick().ok());
  clock_.Advance(days(8));
  Replica after = NewReplica();
  ASSERT_TRUE(after.cycle.Tick().ok());
  EXPECT_EQ(after.version(), before.version());
  clock_.Advance(minutes(10));
  ASSERT_TRUE(after.cycle.Tick().ok());
  EXPECT_EQ(after.version(), before.version() + 1);
}

TEST_F(KeyCycleTest, ManyReplicasAtOnceRotateOnce) {
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 6; ++i) {
    replicas.push_back(std::make_unique<Replica>(store_, reports_, keks_, clock_));
    ASSERT_TRUE(replicas.back()->cycle.Tick().ok());
  }
  for (int round = 0; round < 20; ++round) {
    const std::uint64_t version = replicas[0]->version();
    const std::string next = replicas[0]->KidIn(KeyState::kNext);
    clock_.Advance(days(7));
    std::vector<std::thread> threads;
    for (const auto& replica : replicas) {
      threads.emplace_back([&replica] { EXPECT_TRUE(replica->cycle.Tick().ok()); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& replica : replicas) ASSERT_TRUE(replica->cycle.Tick().ok());
    // One rotation; and in all but the first round one key to forget: it retired seven days ago.
    ASSERT_EQ(replicas[0]->version(), version + (round == 0 ? 1 : 2));
    for (const auto& replica : replicas) {
      ASSERT_EQ(replica->active(), next);
      ASSERT_EQ(replica->version(), replicas[0]->version());
    }
  }
}

TEST_F(KeyCycleTest, GuardThatHasNotAcknowledgedHoldsTheRotationUpForAnHour) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::string first = replica.active();
  clock_.Advance(days(7));
  Report(1, replica.version() - 1);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.active(), first);
  std::string log;
  telemetry::SetLogSink([&log](telemetry::Level, std::string_view line) { log += line; });
  for (int i = 0; i < 12; ++i) {
    clock_.Advance(minutes(5));
    Report(1, replica.version() - 1);
    ASSERT_TRUE(replica.cycle.Tick().ok());
  }
  telemetry::SetLogSink({});
  EXPECT_NE(replica.active(), first);
  EXPECT_NE(log.find("slow guard"), std::string::npos);
}

TEST_F(KeyCycleTest, RotatesAsSoonAsTheLastGuardHasAcknowledged) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::string first = replica.active();
  clock_.Advance(days(7));
  Report(1, 0);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  ASSERT_EQ(replica.active(), first);
  Report(1, replica.version());
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_NE(replica.active(), first);
}

TEST_F(KeyCycleTest, NothingRotatesWhileTheStoreIsAwayAndNothingIsLost) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const auto before = replica.keeper.Current();
  store_.SetAway(true);
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(days(2));
    EXPECT_FALSE(replica.cycle.Tick().ok());
    EXPECT_EQ(replica.keeper.Current(), before);
  }
  store_.SetAway(false);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.keeper.Current(), before) << "others must have time to learn of next";
  clock_.Advance(minutes(10));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.version(), before->version() + 1);
  EXPECT_EQ(replica.KidIn(KeyState::kRetired), before->active().kid());
}

TEST_F(KeyCycleTest, BlipOfTheStoreDelaysNothing) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::uint64_t version = replica.version();
  clock_.Advance(days(7));
  store_.SetAway(true);
  EXPECT_FALSE(replica.cycle.Tick().ok());
  clock_.Advance(seconds(10));
  store_.SetAway(false);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.version(), version + 1);
}

// While the store is away no other replica learns that a key has retired, and each signs on.
TEST_F(KeyCycleTest, RetirementBeginsAnewAfterTheStoreWasAway) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::string first = replica.active();
  ASSERT_TRUE(replica.cycle.Rotate("test", false).ok());
  store_.SetAway(true);
  EXPECT_FALSE(replica.cycle.Tick().ok());
  clock_.Advance(hours(1));
  store_.SetAway(false);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_NE(replica.keeper.Current()->Find(first), nullptr);
  clock_.Advance(minutes(31));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.keeper.Current()->Find(first), nullptr);
}

TEST_F(KeyCycleTest, AlgorithmChangesAtTheNextRotation) {
  Replica before = NewReplica();
  ASSERT_TRUE(before.cycle.Tick().ok());
  const std::string first = before.active();
  Replica replica(store_, reports_, keks_, clock_, {.algorithm = jose::Algorithm::kEs256});
  ASSERT_TRUE(replica.cycle.Tick().ok());
  clock_.Advance(minutes(10));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.active(), first);
  const auto* next = replica.keeper.Current()->Find(replica.KidIn(KeyState::kNext));
  EXPECT_EQ(next->record.algorithm, jose::Algorithm::kEs256);
  clock_.Advance(days(7));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.keeper.Current()->active().public_key().algorithm(), jose::Algorithm::kEs256);
}

TEST_F(KeyCycleTest, KeysAreSealedAnewWhenTheFirstKekChanges) {
  Replica before = NewReplica();
  ASSERT_TRUE(before.cycle.Tick().ok());
  const KeyEncryption both = KeksOf("two:" + KekText('2') + "\none:" + KekText('1'));
  Replica replica(store_, reports_, both, clock_);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.version(), before.version());
  clock_.Advance(minutes(10));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_EQ(replica.version(), before.version() + 1);
  EXPECT_EQ(replica.active(), before.active());
  EXPECT_EQ(replica.keeper.Current()->jwks(), before.keeper.Current()->jwks());
  const KeyEncryption second = KeksOf("two:" + KekText('2'));
  Replica without(store_, reports_, second, clock_);
  ASSERT_TRUE(without.cycle.Tick().ok()) << "the old KEK is no longer needed";
  EXPECT_EQ(without.active(), before.active());
}

TEST_F(KeyCycleTest, EachChangeOfAKeyIsALineAndTheGaugeFollows) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const std::string active = replica.active();
  std::string log;
  telemetry::SetLogSink([&log](telemetry::Level, std::string_view line) { log += line; });
  telemetry::SetLogLevel(telemetry::Level::kInfo);
  ASSERT_TRUE(replica.cycle.RevokeAll("stolen laptop").ok());
  telemetry::SetLogSink({});
  EXPECT_NE(log.find("\"kid\":\"" + active + "\""), std::string::npos);
  EXPECT_NE(log.find("\"from\":\"active\",\"to\":\"revoked\""), std::string::npos);
  EXPECT_NE(log.find("\"from\":\"\",\"to\":\"next\""), std::string::npos);
  EXPECT_NE(log.find("\"reason\":\"stolen laptop\""), std::string::npos);
  EXPECT_NE(log.find("\"key_set_version\":" + std::to_string(replica.version())),
            std::string::npos);
  const std::string metrics = telemetry::ExposeText();
  EXPECT_NE(metrics.find("tokenforge_signing_keys{state=\"revoked\"} 2"), std::string::npos);
  EXPECT_NE(metrics.find("tokenforge_signing_keys{state=\"next\"} 1"), std::string::npos);
}

TEST_F(KeyCycleTest, OverdueRotationIsSeen) {
  Replica replica = NewReplica();
  ASSERT_TRUE(replica.cycle.Tick().ok());
  reports_.SetAway(true);
  clock_.Advance(days(7) + minutes(30));
  ASSERT_TRUE(replica.cycle.Tick().ok());
  EXPECT_NE(telemetry::ExposeText().find("tokenforge_key_rotation_overdue_seconds 1800"),
            std::string::npos);
}

TEST_F(KeyCycleTest, RevocationsOfManyReplicasAtOnceAllHappen) {
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 4; ++i) {
    replicas.push_back(std::make_unique<Replica>(store_, reports_, keks_, clock_));
    ASSERT_TRUE(replicas.back()->cycle.Tick().ok());
  }
  const std::uint64_t version = replicas[0]->version();
  std::vector<std::thread> threads;
  for (const auto& replica : replicas) {
    threads.emplace_back([&replica] { EXPECT_TRUE(replica->cycle.RevokeAll("test").ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(replicas[0]->cycle.Tick().ok());
  EXPECT_EQ(replicas[0]->version(), version + replicas.size());
}

}  // namespace
}  // namespace tokenforge::keys
