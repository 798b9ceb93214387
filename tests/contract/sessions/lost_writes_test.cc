// A store that lost its last writes, as Redis with `appendfsync everysec` loses up to a second of
// them in a crash and a failover may: the sessions that it remembers go on where their clients are.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>

#include "tests/contract/sessions/store_bodies.h"

namespace tokenforge::sessions {
namespace {

using fakes::Ask;
using fakes::Finish;
using redis::Command;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LostWritesTest : public ::testing::Test {
 protected:
  Moment Now() const { return MomentOf(clock_); }
  Session Start(uuid::Uuid user) {
    const Session session = NewSession(user, NowOf(clock_));
    EXPECT_TRUE(Finish(body_.store().Add(session, Now())).ok());
    return session;
  }
  Verdict Use(const Session& session, uint32_t generation) {
    return Finish(body_.store().Rotate(TokenOf(session, generation), Now())).value().verdict;
  }
  void Configure(const char* fsync) {
    ASSERT_TRUE(Ask(body_.client(), Command({"CONFIG", "SET", "appendfsync", fsync})).ok());
  }
  std::filesystem::path File() {
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(body_.server().folder())) {
      if (entry.path().string().ends_with(".incr.aof")) return entry.path();
    }
    return {};
  }
  // How much of the file is on disk, with everything that was answered so far in it.
  uintmax_t Safe() {
    Configure("always");
    EXPECT_TRUE(Ask(body_.client(), Command({"SET", "tf:{b0}:safe", "1"})).ok());
    const uintmax_t size = std::filesystem::file_size(File());
    Configure("everysec");
    return size;
  }
  // Kills the server; of its file so much is left.
  void Lose(uintmax_t left) {
    body_.server().Kill();
    body_.AwaitLost();
    ASSERT_LE(left, std::filesystem::file_size(File()));
    std::filesystem::resize_file(File(), left);
    body_.server().Start();
    body_.AwaitConnected();
  }

  fakes::FakeClock clock_;
  RedisBody body_{Policy(), {"--appendfsync", "everysec"}};
  const uuid::Uuid user_ = uuid::Uuid::Random();
};

TEST_F(LostWritesTest, AClientThatIsAheadOfTheStoreGoesOn) {
  const Session session = Start(user_);
  EXPECT_EQ(Use(session, 1), Verdict::kRotated);
  const uintmax_t safe = Safe();
  for (uint32_t generation = 2; generation <= 6; ++generation) {
    EXPECT_EQ(Use(session, generation), Verdict::kRotated);
  }
  Lose(safe);
  ASSERT_EQ(Finish(body_.store().List(user_, Now()))->front().lineage.generation, 2U)
      << "the writes were lost";
  EXPECT_EQ(Use(session, 7), Verdict::kRotated);
  EXPECT_EQ(Use(session, 8), Verdict::kRotated);
  EXPECT_THAT(WholeLog(body_.store(), Now()), IsEmpty());
}

TEST_F(LostWritesTest, ASecondTabThatLagsIsNoThiefButAThiefStillIs) {
  const Session session = Start(user_);
  EXPECT_EQ(Use(session, 1), Verdict::kRotated);
  const uintmax_t safe = Safe();
  for (uint32_t generation = 2; generation <= 4; ++generation) Use(session, generation);
  clock_.Advance(seconds(60));
  Lose(safe);
  EXPECT_EQ(Use(session, 5), Verdict::kRotated) << "the first tab";
  EXPECT_EQ(Use(session, 5), Verdict::kRepeated) << "the second";
  EXPECT_EQ(Use(session, 4), Verdict::kSuperseded) << "and one whose answer had been lost";
  clock_.Advance(seconds(30));
  EXPECT_EQ(Use(session, 4), Verdict::kReused) << "the grace is over";
}

TEST_F(LostWritesTest, WhatTheStoreForgotWhollyIsOverAndNoTheft) {
  const Session kept = Start(user_);
  const uintmax_t safe = Safe();
  const Session lost = Start(user_);
  EXPECT_EQ(Use(lost, 1), Verdict::kRotated);
  Lose(safe);
  EXPECT_EQ(Use(lost, 2), Verdict::kEnded);
  EXPECT_EQ(Use(kept, 1), Verdict::kRotated);
  EXPECT_THAT(WholeLog(body_.store(), Now()), IsEmpty());
}

// Crash after crash, each losing whatever it loses, in the middle of a write too.
TEST_F(LostWritesTest, NobodyIsLoggedOutAndNobodyIsAThiefHoweverMuchIsLost) {
  constexpr int kUsers = 20, kCrashes = 15;
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::minstd_rand random(seed);
  std::vector<std::pair<Session, uint32_t>> clients;  // with the newest token of each
  for (int i = 0; i < kUsers; ++i) clients.emplace_back(Start(uuid::Uuid::Random()), 1);
  int ahead = 0;
  for (int crash = 0; crash < kCrashes; ++crash) {
    const uintmax_t safe = Safe();
    for (int i = 0; i < 100; ++i) {
      auto& [session, newest] = clients[random() % clients.size()];
      clock_.Advance(seconds(random() % 10));
      ASSERT_EQ(Use(session, newest), Verdict::kRotated);
      ++newest;
    }
    Lose(safe + random() % (std::filesystem::file_size(File()) - safe));
    for (auto& [session, newest] : clients) {
      const std::vector<Session> listed = *Finish(body_.store().List(session.user, Now()));
      ASSERT_THAT(listed, SizeIs(1));
      ahead += newest > listed[0].lineage.generation;
      ASSERT_EQ(Use(session, newest), Verdict::kRotated);
      ++newest;
    }
  }
  EXPECT_GT(ahead, kCrashes) << "too little was lost";
  EXPECT_THAT(WholeLog(body_.store(), Now()), IsEmpty());
}

}  // namespace
}  // namespace tokenforge::sessions
