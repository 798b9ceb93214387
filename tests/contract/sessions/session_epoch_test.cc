// Ending everybody's sessions, on every body; and what only Redis can get wrong about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "lib/errors/errors.h"
#include "tests/contract/sessions/bodies_under_test.h"

namespace tokenforge::sessions {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::Finish;
using redis::Command;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace reasons = errors::reasons;

class EpochTest : public ::testing::Test {
 protected:
  virtual SessionStore& store() = 0;
  Moment Now() const { return MomentOf(clock_); }
  void EndEverybodys() {
    const absl::Status ended = Finish(store().EndEverybodys(Now()));
    ASSERT_TRUE(ended.ok()) << ended;
  }
  // What had to end for it.
  std::vector<Revocation> Add(const Session& session) {
    return Finish(store().Add(session, Now())).value();
  }
  Session Start(uuid::Uuid user) {
    const Session session = NewSession(user, Now().now);
    EXPECT_THAT(Add(session), IsEmpty());
    return session;
  }
  Verdict Use(const Session& session, uint32_t generation) {
    return Finish(store().Rotate(TokenOf(session, generation), Now())).value().verdict;
  }
  std::vector<Session> List(uuid::Uuid user) { return Finish(store().List(user, Now())).value(); }
  std::vector<Revocation> Log() { return WholeLog(store(), Now()); }

  fakes::FakeClock clock_;
  const uuid::Uuid user_ = uuid::Uuid::Random();
};

template <class Body>
class SessionEpochContract : public EpochTest {
 protected:
  static constexpr int kMostSessions = 3;
  static Policy ShortPolicy() {
    Policy policy;
    policy.max_sessions = kMostSessions;
    return policy;
  }
  SessionStore& store() override { return body_.store(); }
  Body body_{ShortPolicy()};
};
TYPED_TEST_SUITE(SessionEpochContract, Bodies);

TYPED_TEST(SessionEpochContract, EndsTheSessionsOfAllUsersAtOnce) {
  std::vector<Session> all;
  for (int i = 0; i < 500; ++i) all.push_back(this->Start(uuid::Uuid::Random()));
  this->EndEverybodys();
  for (const Session& session : all) {
    EXPECT_THAT(this->List(session.user), IsEmpty());
    EXPECT_EQ(this->Use(session, 1), Verdict::kEnded);
    EXPECT_EQ(Finish(this->store().End(session.user, session.id, this->Now()))->sessions, 0);
  }
  EXPECT_THAT(this->Log(), IsEmpty()) << "the keys of their access tokens are revoked";
}

TYPED_TEST(SessionEpochContract, WhatBeginsAfterItLives) {
  const Session before = this->Start(this->user_);
  this->EndEverybodys();
  this->clock_.Advance(milliseconds(1));
  const Session after = this->Start(this->user_);
  EXPECT_THAT(this->List(this->user_), ElementsAre(after));
  EXPECT_EQ(this->Use(after, 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(before, 1), Verdict::kEnded);
  const Session another_users = this->Start(uuid::Uuid::Random());
  EXPECT_EQ(this->Use(another_users, 1), Verdict::kRotated);
}

TYPED_TEST(SessionEpochContract, ASecondCallEndsWhatBeganSinceTheFirst) {
  this->EndEverybodys();
  this->clock_.Advance(seconds(1));
  const Session between = this->Start(this->user_);
  EXPECT_EQ(this->Use(between, 1), Verdict::kRotated);
  this->EndEverybodys();
  this->EndEverybodys();
  EXPECT_EQ(this->Use(between, 2), Verdict::kEnded);
  EXPECT_THAT(this->List(this->user_), IsEmpty());
}

TYPED_TEST(SessionEpochContract, ALateCallMovesNothingBack) {
  const Moment late = this->Now();
  this->clock_.Advance(seconds(10));
  const Session session = this->Start(this->user_);
  this->EndEverybodys();
  ASSERT_TRUE(Finish(this->store().EndEverybodys(late)).ok());
  EXPECT_EQ(this->Use(session, 1), Verdict::kEnded);
  EXPECT_THAT(this->List(this->user_), IsEmpty());
}

TYPED_TEST(SessionEpochContract, ALoginThatWasUnderWayIsOverAtOnce) {
  const Session under_way = NewSession(this->user_, this->Now().now);
  this->clock_.Advance(milliseconds(5));
  this->EndEverybodys();
  EXPECT_THAT(this->Add(under_way), IsEmpty());
  EXPECT_THAT(this->List(this->user_), IsEmpty());
  EXPECT_EQ(this->Use(under_way, 1), Verdict::kEnded);
}

TYPED_TEST(SessionEpochContract, GraceBringsNothingBack) {
  const Session session = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRepeated);
  this->EndEverybodys();
  EXPECT_EQ(this->Use(session, 1), Verdict::kEnded);
  EXPECT_EQ(this->Use(session, 2), Verdict::kEnded);
  EXPECT_EQ(this->Use(session, 9), Verdict::kEnded) << "nor does a store that lost its last writes";
}

TYPED_TEST(SessionEpochContract, AnOldTokenOfWhatEndedIsNoTheft) {
  const Session session = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
  this->EndEverybodys();
  this->clock_.Advance(seconds(60));
  const Session fresh = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kEnded) << "a client that slept: it is to log in";
  EXPECT_THAT(this->Log(), IsEmpty());
  EXPECT_EQ(this->Use(fresh, 1), Verdict::kRotated);
  // What began since is guarded as ever.
  this->clock_.Advance(seconds(60));
  EXPECT_EQ(this->Use(fresh, 1), Verdict::kReused);
}

TYPED_TEST(SessionEpochContract, WhatEndedIsNotCounted) {
  for (int i = 0; i < this->kMostSessions; ++i) this->Start(this->user_);
  this->EndEverybodys();
  const Ending ending = *Finish(this->store().EndAll(this->user_, std::nullopt, this->Now()));
  EXPECT_EQ(ending.sessions, 0);
  EXPECT_THAT(ending.revocations, SizeIs(1)) << "all tokens of the user, and no session's";
  this->clock_.Advance(milliseconds(1));
  for (int i = 0; i < this->kMostSessions; ++i) this->Start(this->user_);
  EXPECT_THAT(this->List(this->user_), SizeIs(this->kMostSessions));
}

class RedisEpochTest : public EpochTest {
 protected:
  SessionStore& store() override { return body_.store(); }
  std::string EpochKey() const {
    const int bucket = user_.bytes().back() % SessionStoreRedis::kBuckets;
    return "tf:{b" + std::to_string(bucket) + "}:e";
  }
  std::set<std::string> Keys() {
    const redis::Reply reply = Ask(body_.client(), Command({"KEYS", "*"})).value();
    const auto items = reply.AsArray().value();
    std::set<std::string> keys;
    for (const redis::Reply& key : items) keys.emplace(*key.AsBytes());
    return keys;
  }
  int64_t LifeOf(const std::string& key) {
    return Ask(body_.client(), Command({"PTTL", key})).value().AsInteger().value();
  }

  RedisBody body_{Policy()};
};

TEST_F(RedisEpochTest, SetsOneKeyInEachBucketThatOutlivesEverySession) {
  EndEverybodys();
  std::set<std::string> wanted;
  for (int bucket = 0; bucket < SessionStoreRedis::kBuckets; ++bucket) {
    wanted.insert("tf:{b" + std::to_string(bucket) + "}:e");
  }
  EXPECT_EQ(Keys(), wanted);
  const Span absolute = Policy().absolute_life;
  for (const std::string& key : wanted) {
    EXPECT_GT(LifeOf(key), absolute.count());
    EXPECT_LE(LifeOf(key), Span(absolute + std::chrono::days(1)).count());
  }
}

TEST_F(RedisEpochTest, SurvivesKillsOfTheServerAndAnotherStore) {
  const Session session = Start(user_);
  EndEverybodys();
  clock_.Advance(seconds(1));
  const Session fresh = Start(uuid::Uuid::Random());
  body_.server().Kill();
  body_.server().Start();
  while (!body_.client().Connected()) std::this_thread::yield();
  SessionStoreRedis another(&body_.client(), Policy());
  EXPECT_EQ(Finish(another.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kEnded);
  EXPECT_THAT(*Finish(another.List(user_, Now())), IsEmpty());
  EXPECT_EQ(Finish(another.Rotate(TokenOf(fresh, 1), Now()))->verdict, Verdict::kRotated);
}

TEST_F(RedisEpochTest, IsDoneOnlyWhenEveryBucketHasAnswered) {
  const Session session = Start(user_);
  ASSERT_TRUE(Ask(body_.client(), Command({"LPUSH", EpochKey(), "of another kind"})).ok());
  EXPECT_EQ(ReasonOf(Finish(store().EndEverybodys(Now()))), reasons::INTERNAL_FAULT);
  EXPECT_THAT(Keys(), SizeIs(SessionStoreRedis::kBuckets + 1)) << "all others were told";
  ASSERT_TRUE(Ask(body_.client(), Command({"DEL", EpochKey()})).ok());
  EXPECT_EQ(Use(session, 1), Verdict::kRotated);
  EndEverybodys();
  EXPECT_EQ(Use(session, 2), Verdict::kEnded);
}

TEST_F(RedisEpochTest, AServerThatDoesNotAnswerIsNoSuccess) {
  const Session session = Start(user_);
  body_.server().Pause();
  const Moment short_moment{Now().now, fakes::In(milliseconds(20))};
  EXPECT_EQ(ReasonOf(Finish(store().EndEverybodys(short_moment))), reasons::DEPENDENCY_DOWN);
  body_.server().Resume();
  EndEverybodys();
  EXPECT_EQ(Use(session, 1), Verdict::kEnded);
}

TEST_F(RedisEpochTest, ADamagedEpochIsAFaultUntilItIsSetAnew) {
  const Session session = Start(user_);
  ASSERT_TRUE(Ask(body_.client(), Command({"SET", EpochKey(), "soon"})).ok());
  EXPECT_EQ(ReasonOf(Finish(store().Rotate(TokenOf(session, 1), Now())).status()),
            reasons::INTERNAL_FAULT);
  EXPECT_EQ(ReasonOf(Finish(store().List(user_, Now())).status()), reasons::INTERNAL_FAULT);
  EndEverybodys();
  EXPECT_THAT(List(user_), IsEmpty());
  EXPECT_EQ(Use(session, 1), Verdict::kEnded);
}

}  // namespace
}  // namespace tokenforge::sessions
