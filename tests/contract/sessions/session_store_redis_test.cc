// What only the store on Redis can get wrong: races, crashes, keys, memory, and what lies in its
// files.
#include "services/sessions/session_store_redis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "lib/errors/errors.h"
#include "services/sessions/refresh_token.h"
#include "tests/contract/sessions/store_bodies.h"

namespace tokenforge::sessions {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::Finish;
using redis::Command;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

class SessionStoreRedisTest : public ::testing::Test {
 protected:
  Moment Now() const { return MomentOf(clock_); }
  Session Start(uuid::Uuid user) {
    Session session = NewSession(user, Now().now);
    EXPECT_TRUE(Finish(body_.store().Add(session, Now())).ok());
    return session;
  }
  int64_t Integer(Command command) {
    return Ask(body_.client(), std::move(command)).value().AsInteger().value();
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const redis::Reply reply = Ask(body_.client(), Command({"KEYS", "*"})).value();
    const auto items =
        reply.AsArray().value();  // named: a range-for does not keep a temporary's inside alive
    for (const redis::Reply& key : items) keys.emplace_back(*key.AsBytes());
    return keys;
  }

  fakes::FakeClock clock_;
  RedisBody body_{Policy()};
  const uuid::Uuid user_ = uuid::Uuid::Random();
};

TEST_F(SessionStoreRedisTest, SixtyFourAtOnceMakeOneSuccessorAndNoThief) {
  constexpr int kClients = 64;
  for (int round = 0; round < 100; ++round) {
    const Session session = Start(uuid::Uuid::Random());
    std::atomic<int> rotated = 0;
    std::atomic<int> repeated = 0;
    std::promise<void> all;
    std::atomic<int> left = kClients;
    const Presented token = TokenOf(session, 1);
    for (int client = 0; client < kClients; ++client) {
      async::Spawn(body_.store().Rotate(token, Now()),
                   [&](std::exception_ptr, absl::StatusOr<Rotation> rotation) {
                     if (rotation.ok() && rotation->session.lineage.generation == 2) {
                       rotated += rotation->verdict == Verdict::kRotated;
                       repeated += rotation->verdict == Verdict::kRepeated;
                     }
                     if (--left == 0) all.set_value();
                   });
    }
    all.get_future().wait();
    ASSERT_EQ(rotated, 1) << round;
    ASSERT_EQ(repeated, kClients - 1) << round;
  }
  EXPECT_THAT(WholeLog(body_.store(), Now()), ::testing::IsEmpty());
}

TEST_F(SessionStoreRedisTest, ALogoutThatRacesRefreshesWins) {
  for (int round = 0; round < 100; ++round) {
    const Session session = Start(uuid::Uuid::Random());
    std::promise<void> all;
    std::atomic<int> left = 9;
    const Presented token = TokenOf(session, 1);
    const auto refresh = [&] {
      async::Spawn(body_.store().Rotate(token, Now()),
                   [&](std::exception_ptr, const absl::StatusOr<Rotation>&) {
                     if (--left == 0) all.set_value();
                   });
    };
    std::thread refreshes([&] {
      for (int i = 0; i < 8; ++i) refresh();
    });
    const auto ending = Finish(body_.store().End(session.user, session.id, Now()));
    refreshes.join();
    if (--left > 0) all.get_future().wait();
    EXPECT_EQ(ending->sessions, 1);
    const auto after = Finish(body_.store().Rotate(TokenOf(session, 2), Now()));
    ASSERT_EQ(after->verdict, Verdict::kEnded) << round;
  }
}

TEST_F(SessionStoreRedisTest, WhatWasAcknowledgedSurvivesKills) {
  std::vector<Session> acknowledged;
  std::vector<Session> ended;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 20; ++i) {
      acknowledged.push_back(Start(uuid::Uuid::Random()));
      auto rotation = Finish(body_.store().Rotate(TokenOf(acknowledged.back(), 1), Now()));
      ASSERT_TRUE(rotation.ok()) << rotation.status();
      acknowledged.back() = rotation->session;
    }
    ended.push_back(acknowledged.back());
    acknowledged.pop_back();
    ASSERT_EQ(Finish(body_.store().End(ended.back().user, ended.back().id, Now()))->sessions, 1);
    // Some more are under way when the server dies.
    std::atomic<int> left = 50;
    std::promise<void> all;
    std::vector<Session> under_way;
    for (int i = 0; i < 50; ++i) under_way.push_back(NewSession(uuid::Uuid::Random(), Now().now));
    for (const Session& session : under_way) {
      async::Spawn(body_.store().Add(session, Now()),
                   [&](std::exception_ptr, const absl::StatusOr<std::vector<Revocation>>& added) {
                     if (!added.ok()) {
                       EXPECT_EQ(ReasonOf(added.status()), errors::reasons::DEPENDENCY_DOWN);
                     }
                     if (--left == 0) all.set_value();
                   });
    }
    body_.server().Kill();
    all.get_future().wait();
    body_.server().Start();
    body_.AwaitConnected();
    for (const Session& session : acknowledged) {
      ASSERT_THAT(*Finish(body_.store().List(session.user, Now())),
                  ::testing::ElementsAre(session));
    }
    for (const Session& session : ended) {
      ASSERT_THAT(*Finish(body_.store().List(session.user, Now())), ::testing::IsEmpty());
    }
    ASSERT_THAT(WholeLog(body_.store(), Now()), ::testing::SizeIs(ended.size()));
  }
}

TEST_F(SessionStoreRedisTest, AServerThatDoesNotAnswerIsNoThief) {
  const Session session = Start(user_);
  ASSERT_TRUE(Finish(body_.store().Rotate(TokenOf(session, 1), Now())).ok());
  clock_.Advance(seconds(60));
  body_.server().Pause();
  const Moment short_moment{Now().now, fakes::In(milliseconds(20))};
  const auto rotation = Finish(body_.store().Rotate(TokenOf(session, 2), short_moment));
  body_.server().Resume();
  EXPECT_EQ(ReasonOf(rotation.status()), errors::reasons::DEPENDENCY_DOWN);
  // It ran after all; the client that tries again gets its successor.
  const auto again = Finish(body_.store().Rotate(TokenOf(session, 2), Now()));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->verdict, Verdict::kRepeated);
  EXPECT_EQ(again->session.lineage.generation, 3U);
}

TEST_F(SessionStoreRedisTest, AFullServerRefusesWithoutBurningTheToken) {
  const Session session = Start(user_);
  ASSERT_TRUE(Ask(body_.client(), Command({"CONFIG", "SET", "maxmemory", "1"})).ok());
  const auto refused = Finish(body_.store().Rotate(TokenOf(session, 1), Now()));
  EXPECT_EQ(ReasonOf(refused.status()), errors::reasons::DEPENDENCY_DOWN);
  ASSERT_TRUE(Ask(body_.client(), Command({"CONFIG", "SET", "maxmemory", "0"})).ok());
  EXPECT_EQ(Finish(body_.store().Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kRotated);
}

TEST_F(SessionStoreRedisTest, DamageIsAFaultAndNoVerdict) {
  const Session session = Start(user_);
  const std::string key = Keys().front();
  for (const std::string& damage : {std::string("\x01half a record"), std::string("\x02later")}) {
    ASSERT_TRUE(Ask(body_.client(), Command({"SET", key, damage})).ok());
    EXPECT_EQ(ReasonOf(Finish(body_.store().Rotate(TokenOf(session, 1), Now())).status()),
              errors::reasons::INTERNAL_FAULT);
    EXPECT_EQ(ReasonOf(Finish(body_.store().List(user_, Now())).status()),
              errors::reasons::INTERNAL_FAULT);
  }
}

TEST_F(SessionStoreRedisTest, EveryKeyHasALifeAndIsInItsBucket) {
  for (int i = 0; i < 200; ++i) {
    const Session session = Start(uuid::Uuid::Random());
    if (i % 2 == 0) {
      ASSERT_TRUE(Finish(body_.store().Rotate(TokenOf(session, 1), Now())).ok());
    }
    if (i % 3 == 0) {
      ASSERT_TRUE(Finish(body_.store().End(session.user, session.id, Now())).ok());
    }
  }
  for (const std::string& key : Keys()) {
    EXPECT_THAT(key.substr(0, key.find('}') + 1), ::testing::MatchesRegex(R"(tf:\{b[0-9]+\})"));
    const int64_t life = Integer(Command({"PTTL", key}));
    EXPECT_GT(life, 0);
    EXPECT_LE(life, Span(std::chrono::days(7)).count());
  }
}

TEST_F(SessionStoreRedisTest, AUserWithoutSessionsCostsNothing) {
  const Session session = Start(user_);
  EXPECT_EQ(Integer(Command({"DBSIZE"})), 1);
  ASSERT_TRUE(Finish(body_.store().End(user_, session.id, Now())).ok());
  EXPECT_THAT(Keys(), ::testing::ElementsAre(::testing::EndsWith(":r")));
}

TEST_F(SessionStoreRedisTest, WhatHasExpiredGoesWithTheNextWriteOfItsUser) {
  const Session idle = Start(user_);
  const std::string key = Keys().front();
  const int64_t one = Integer(Command({"STRLEN", key}));
  clock_.Advance(std::chrono::days(4));
  const Session used = Start(user_);
  EXPECT_EQ(Integer(Command({"STRLEN", key})), 2 * one - 1);
  clock_.Advance(std::chrono::days(4));
  ASSERT_EQ(Finish(body_.store().Rotate(TokenOf(used, 1), Now()))->verdict, Verdict::kRotated);
  EXPECT_EQ(Integer(Command({"STRLEN", key})), one + 6) << "one session, that moved on once";
  EXPECT_EQ(Finish(body_.store().Rotate(TokenOf(idle, 1), Now()))->verdict, Verdict::kEnded);
}

// The last use is the last move, which a refresh writes in any case.
TEST_F(SessionStoreRedisTest, LookingWritesNothing) {
  const Session session = Start(user_);
  ASSERT_TRUE(Finish(body_.store().Rotate(TokenOf(session, 1), Now())).ok());
  const auto writes = [this] {
    const redis::Reply reply = Ask(body_.client(), Command({"INFO", "persistence"})).value();
    const std::string info(*reply.AsBytes());
    return std::stoll(info.substr(info.find("aof_current_size:") + 17));
  };
  const long long before = writes();
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(milliseconds(10));
    ASSERT_EQ(Finish(body_.store().List(user_, Now()))->front().lineage.last_used(),
              NowOf(clock_) - milliseconds(10 * (i + 1)));
    ASSERT_EQ(Finish(body_.store().Rotate(TokenOf(session, 1), Now()))->verdict,
              Verdict::kRepeated);
  }
  EXPECT_EQ(writes(), before);
}

TEST_F(SessionStoreRedisTest, TheLogIsTrimmedAsItGrows) {
  Policy policy;
  policy.access_life = milliseconds(1);
  policy.leeway = Span(0);
  const Revocation token{Revocation::Kind::kToken, "jti", Time(), Now().now + seconds(60)};
  ASSERT_TRUE(Finish(body_.store().Revoke(user_, token, Now())).ok());
  const std::string key = Keys().front();
  // A thousand that are an hour old, put before it.
  ASSERT_TRUE(Ask(body_.client(), Command({"DEL", key})).ok());
  for (int i = 1; i <= 1000; ++i) {
    ASSERT_TRUE(
        Ask(body_.client(), Command({"XADD", key, std::to_string(i) + "-1", "r", "old"})).ok());
  }
  ASSERT_TRUE(Finish(body_.store().Revoke(user_, token, Now())).ok());
  EXPECT_LE(Integer(Command({"XLEN", key})), 101);  // whole nodes of a hundred go
}

TEST_F(SessionStoreRedisTest, NothingInItsFilesRefreshes) {
  std::vector<secret::Secret> keys;
  keys.emplace_back(std::string(32, 'k'));
  const RefreshTokens tokens(std::move(keys));
  const Session session = Start(user_);
  ASSERT_TRUE(Finish(body_.store().Rotate(TokenOf(session, 1), Now())).ok());
  body_.server().Terminate();
  std::string everything;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(body_.server().folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(everything, HasSubstr("agent/1.0")) << "these are the right files";
  EXPECT_THAT(everything, Not(HasSubstr("tfr_")));
  for (uint32_t generation = 1; generation <= 3; ++generation) {
    const std::string token(tokens.Encode({user_, session.id, generation}).Expose());
    // The MAC, which is what a thief lacks, as the last 42 characters of the text and nowhere else.
    EXPECT_THAT(everything, Not(HasSubstr(token.substr(token.size() - 42))));
  }
  for (size_t at = 0; at + 32 <= everything.size(); at += 1) {
    ASSERT_NE(everything.compare(at, 32, std::string(32, 'k')), 0);
  }
  body_.server().Start();
}

TEST_F(SessionStoreRedisTest, ASessionCostsAtMostThreeHundredBytes) {
  constexpr int kSessions = 5'000;
  const auto used = [this] {
    const redis::Reply reply = Ask(body_.client(), Command({"INFO", "memory"})).value();
    const std::string info(*reply.AsBytes());
    return std::stoll(info.substr(info.find("used_memory:") + 12));
  };
  for (const int per_user : {1, 5}) {
    ASSERT_TRUE(Ask(body_.client(), Command({"FLUSHALL"})).ok());
    ASSERT_TRUE(Ask(body_.client(), Command({"CONFIG", "SET", "appendonly", "no"})).ok());
    const long long before = used();
    std::atomic<int> failed = 0;
    for (int i = 0; i < kSessions / per_user; ++i) {
      const uuid::Uuid user = uuid::Uuid::Random();
      for (int s = 0; s < per_user; ++s) {
        failed += !Finish(body_.store().Add(NewSession(user, Now().now), Now())).ok();
      }
    }
    ASSERT_EQ(failed, 0);
    const double bytes = static_cast<double>(used() - before) / kSessions;
    std::printf("bytes per session, %d per user: %.0f\n", per_user, bytes);
    RecordProperty("bytes_per_session_" + std::to_string(per_user), std::to_string(bytes));
    EXPECT_LE(bytes, 300);
  }
}

}  // namespace
}  // namespace tokenforge::sessions
