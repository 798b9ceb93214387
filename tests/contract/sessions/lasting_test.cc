// What is acknowledged only once it lasts: which operations wait for replicas, and which do not.
// The store is given two servers, so that it shows where each went.
#include <gtest/gtest.h>

#include "tests/contract/sessions/store_bodies.h"

namespace tokenforge::sessions {
namespace {

using fakes::Finish;

class LastingTest : public ::testing::Test {
 protected:
  static std::unique_ptr<redis::Client> Connect(const fakes::RedisServer& server) {
    return redis::Open(fakes::OptionsFor(server.address()));
  }
  Moment Now() const { return MomentOf(clock_); }
  static size_t SessionsIn(SessionStore& store, uuid::Uuid user, Moment moment) {
    return Finish(store.List(user, moment)).value().size();
  }
  // A session that both servers know.
  Session Known(uuid::Uuid user) {
    const Session session = NewSession(user, Now().now);
    EXPECT_TRUE(Finish(first_.Add(session, Now())).ok());
    EXPECT_TRUE(Finish(second_.Add(session, Now())).ok());
    return session;
  }

  fakes::FakeClock clock_;
  fakes::RedisServer servers_[2];
  std::unique_ptr<redis::Client> clients_[2] = {Connect(servers_[0]), Connect(servers_[1])};
  const Policy policy_;
  SessionStoreRedis first_{clients_[0].get(), policy_};
  SessionStoreRedis second_{clients_[1].get(), policy_};
  SessionStoreRedis store_{clients_[0].get(), policy_, clients_[1].get()};
  const uuid::Uuid user_ = uuid::Uuid::Random();
};

TEST_F(LastingTest, ANewSessionLasts) {
  ASSERT_TRUE(Finish(store_.Add(NewSession(user_, Now().now), Now())).ok());
  EXPECT_EQ(SessionsIn(second_, user_, Now()), 1U);
  EXPECT_EQ(SessionsIn(first_, user_, Now()), 0U);
}

TEST_F(LastingTest, EveryEndOfASessionLasts) {
  const Session one = Known(user_);
  EXPECT_EQ(Finish(store_.End(user_, one.id, Now()))->sessions, 1);
  EXPECT_EQ(SessionsIn(second_, user_, Now()), 0U);
  EXPECT_EQ(SessionsIn(first_, user_, Now()), 1U);

  const uuid::Uuid other = uuid::Uuid::Random();
  Known(other);
  EXPECT_EQ(Finish(store_.EndAll(other, std::nullopt, Now()))->sessions, 1);
  EXPECT_EQ(SessionsIn(second_, other, Now()), 0U);

  const uuid::Uuid third = uuid::Uuid::Random();
  Known(third);
  ASSERT_TRUE(Finish(store_.EndEverybodys(Now())).ok());
  EXPECT_EQ(SessionsIn(second_, third, Now()), 0U);
  EXPECT_EQ(SessionsIn(first_, third, Now()), 1U);
}

TEST_F(LastingTest, ARevokedTokenLasts) {
  const Revocation token{Revocation::Kind::kToken, "jti", Time(), Now().now + policy_.access_life};
  ASSERT_TRUE(Finish(store_.Revoke(user_, token, Now())).ok());
  EXPECT_EQ(WholeLog(second_, Now()).size(), 1U);
  EXPECT_EQ(WholeLog(first_, Now()).size(), 0U);
}

TEST_F(LastingTest, ARotationWaitsForNobody) {
  const Session session = Known(user_);
  servers_[1].Pause();
  EXPECT_EQ(Finish(store_.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kRotated);
  servers_[1].Resume();
}

TEST_F(LastingTest, WhatATheftEndsIsEndedWhereItLasts) {
  const Session session = Known(user_);
  ASSERT_EQ(Finish(store_.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kRotated);
  ASSERT_EQ(Finish(store_.Rotate(TokenOf(session, 2), Now()))->verdict, Verdict::kRotated);
  clock_.Advance(policy_.grace + std::chrono::seconds(1));
  EXPECT_EQ(Finish(store_.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kReused);
  EXPECT_EQ(SessionsIn(first_, user_, Now()), 0U);
  EXPECT_EQ(SessionsIn(second_, user_, Now()), 0U);
}

TEST_F(LastingTest, ATheftStaysOneWhereNothingCanLast) {
  const Session session = Known(user_);
  ASSERT_EQ(Finish(store_.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kRotated);
  ASSERT_EQ(Finish(store_.Rotate(TokenOf(session, 2), Now()))->verdict, Verdict::kRotated);
  clock_.Advance(policy_.grace + std::chrono::seconds(1));
  servers_[1].Kill();
  EXPECT_EQ(Finish(store_.Rotate(TokenOf(session, 1), Now()))->verdict, Verdict::kReused);
  EXPECT_EQ(SessionsIn(first_, user_, Now()), 0U);
}

}  // namespace
}  // namespace tokenforge::sessions
