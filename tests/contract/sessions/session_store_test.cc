// The contract of SessionStore, on every body of it.
#include "services/sessions/session_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/sessions/bodies_under_test.h"

namespace tokenforge::sessions {
namespace {

using fakes::Finish;
using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

template <class Body>
class SessionStoreContract : public ::testing::Test {
 protected:
  void SetUp() override { Use(Policy()); }
  void Use(Policy policy) {
    policy_ = policy;
    body_ = std::make_unique<Body>(policy);
  }
  SessionStore& store() { return body_->store(); }
  Moment Now() const { return MomentOf(clock_); }

  Session Start(uuid::Uuid user) {
    Session session = NewSession(user, Now().now);
    EXPECT_TRUE(Finish(store().Add(session, Now())).ok());
    return session;
  }
  Rotation Rotate(const Presented& token) { return RotateAt(token, Now()); }
  Rotation RotateAt(const Presented& token, Moment asked) {
    auto rotation = Finish(store().Rotate(token, asked));
    EXPECT_TRUE(rotation.ok()) << rotation.status();
    return rotation.ok() ? *rotation : Rotation();
  }
  Verdict Use(const Session& session, uint32_t generation) {
    return Rotate(TokenOf(session, generation)).verdict;
  }
  std::vector<Session> List(uuid::Uuid user) { return Finish(store().List(user, Now())).value(); }
  std::vector<Revocation> Log() { return WholeLog(store(), Now()); }
  Revocation Ended(const Session& session) {
    return {Revocation::Kind::kSession, session.id.ToString(), Time(),
            RevocationEnd(Now().now, policy_)};
  }
  Revocation AllOf(uuid::Uuid user) {
    return {Revocation::Kind::kUser, user.ToString(), RevokedBefore(Now().now),
            RevocationEnd(Now().now, policy_)};
  }

  fakes::FakeClock clock_;
  Policy policy_;
  std::unique_ptr<StoreBody> body_;
  const uuid::Uuid user_ = uuid::Uuid::Random();
};
TYPED_TEST_SUITE(SessionStoreContract, Bodies);

TYPED_TEST(SessionStoreContract, GivesBackWhatWasStored) {
  Session session = NewSession(this->user_, this->Now().now);
  session.device = {std::string("a\0b\r\n\"'{}*", 10), "\xf0\x9f\x94\x91 *?[x]", "2001:db8::1"};
  session.amr = {"pwd", "otp"};
  ASSERT_TRUE(Finish(this->store().Add(session, this->Now())).ok());
  EXPECT_THAT(this->List(this->user_), ElementsAre(session));
  EXPECT_THAT(this->List(uuid::Uuid::Random()), IsEmpty());
}

TYPED_TEST(SessionStoreContract, AddingTheSameSessionTwiceIsOneSession) {
  const Session session = this->Start(this->user_);
  EXPECT_THAT(*Finish(this->store().Add(session, this->Now())), IsEmpty());
  EXPECT_THAT(this->List(this->user_), ElementsAre(session));
}

TYPED_TEST(SessionStoreContract, ListsNewestFirst) {
  std::vector<uuid::Uuid> ids;
  for (int i = 0; i < 5; ++i) {
    ids.insert(ids.begin(), this->Start(this->user_).id);
    this->clock_.Advance(seconds(1));
  }
  std::vector<uuid::Uuid> listed;
  for (const Session& each : this->List(this->user_)) listed.push_back(each.id);
  EXPECT_EQ(listed, ids);
}

TYPED_TEST(SessionStoreContract, RotatesAndRepeatsTheSameSuccessor) {
  const Session session = this->Start(this->user_);
  this->clock_.Advance(minutes(1));
  const Rotation first = this->Rotate(TokenOf(session, 1));
  EXPECT_EQ(first.verdict, Verdict::kRotated);
  EXPECT_EQ(first.session.lineage, (Lineage{session.lineage.created, 2, {this->Now().now}}));
  EXPECT_EQ(first.session.amr, session.amr);
  this->clock_.Advance(seconds(29));
  const Rotation again = this->Rotate(TokenOf(session, 1));
  EXPECT_EQ(again.verdict, Verdict::kRepeated);
  EXPECT_EQ(again.session, first.session);
  EXPECT_THAT(this->List(this->user_), ElementsAre(first.session));
}

TYPED_TEST(SessionStoreContract, TheTableHoldsAtItsEdges) {
  const Session session = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
  this->clock_.Advance(seconds(1));
  EXPECT_EQ(this->Use(session, 2), Verdict::kRotated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kSuperseded);
  this->clock_.Advance(seconds(29));
  EXPECT_EQ(this->Use(session, 2), Verdict::kRepeated);
  EXPECT_EQ(this->Use(session, 9), Verdict::kRotated) << "the store lost its last writes";
  EXPECT_EQ(this->Use(session, 8), Verdict::kSuperseded);
  EXPECT_EQ(this->Use(session, 10), Verdict::kRotated);
  EXPECT_THAT(this->Log(), IsEmpty());
  EXPECT_EQ(this->Use(session, 1), Verdict::kReused) << "superseded exactly 30 s ago";
  EXPECT_EQ(this->Use(session, 10), Verdict::kEnded) << "and grace brings nothing back";
}

// A command that waited in a socket while its sender went on through another replica.
TYPED_TEST(SessionStoreContract, ARequestThatWasOvertakenIsNoTheft) {
  const Session session = this->Start(this->user_);
  const Moment asked = this->Now();
  for (uint32_t generation = 1; generation <= 40; ++generation) {  // more than are remembered
    this->clock_.Advance(seconds(2));
    ASSERT_EQ(this->Use(session, generation), Verdict::kRotated);
  }
  EXPECT_EQ(this->RotateAt(TokenOf(session, 1), asked).verdict, Verdict::kSuperseded);
  EXPECT_EQ(this->Use(session, 41), Verdict::kRotated) << "and the session lives";
  EXPECT_EQ(this->Use(session, 1), Verdict::kReused) << "what is asked now is judged now";
}

TYPED_TEST(SessionStoreContract, ATimeThatIsTooFarBackIsNotBelieved) {
  const Session session = this->Start(this->user_);
  const Moment asked = this->Now();
  for (uint32_t generation = 1; generation <= 2; ++generation) {
    this->clock_.Advance(seconds(151));
    ASSERT_EQ(this->Use(session, generation), Verdict::kRotated);
  }
  EXPECT_EQ(this->RotateAt(TokenOf(session, 1), asked).verdict, Verdict::kReused);
}

TYPED_TEST(SessionStoreContract, TheftEndsEverySessionOfTheUser) {
  const Session stolen = this->Start(this->user_);
  const Session other = this->Start(this->user_);
  const Session foreign = this->Start(uuid::Uuid::Random());
  this->Use(stolen, 1);
  this->clock_.Advance(days(2));
  const std::vector<Session> before = this->List(this->user_);
  const Rotation theft = this->Rotate(TokenOf(stolen, 1));
  EXPECT_EQ(theft.verdict, Verdict::kReused);
  EXPECT_THAT(before, ::testing::Contains(theft.session)) << "as it was, for the audit log";
  EXPECT_THAT(theft.revocations, UnorderedElementsAre(this->Ended(stolen), this->Ended(other),
                                                      this->AllOf(this->user_)));
  EXPECT_THAT(this->Log(), UnorderedElementsAre(this->Ended(stolen), this->Ended(other),
                                                this->AllOf(this->user_)));
  EXPECT_THAT(this->List(this->user_), IsEmpty());
  EXPECT_THAT(this->List(foreign.user), SizeIs(1));
  EXPECT_EQ(this->Use(other, 1), Verdict::kEnded);
}

TYPED_TEST(SessionStoreContract, TheftEndsOneSessionIfThePolicySaysSo) {
  Policy policy;
  policy.reuse = ReusePolicy::kSession;
  this->Use(policy);
  const Session stolen = this->Start(this->user_);
  const Session other = this->Start(this->user_);
  this->Use(stolen, 1);
  this->clock_.Advance(seconds(30));
  EXPECT_THAT(this->Rotate(TokenOf(stolen, 1)).revocations, ElementsAre(this->Ended(stolen)));
  EXPECT_THAT(this->Log(), ElementsAre(this->Ended(stolen)));
  EXPECT_EQ(this->Use(other, 1), Verdict::kRotated);
}

TYPED_TEST(SessionStoreContract, TheStrictProfileTakesEveryRepeatForTheft) {
  Policy policy;
  policy.grace = Span(0);
  this->Use(policy);
  const Session session = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kReused);
  EXPECT_EQ(this->Use(session, 2), Verdict::kEnded);
}

TYPED_TEST(SessionStoreContract, AnotherClientsTokenChangesNothing) {
  const Session session = this->Start(this->user_);
  Presented token = TokenOf(session, 1);
  token.client = "spiffe://example.test/other";
  EXPECT_EQ(this->Rotate(token).verdict, Verdict::kOtherClient);
  EXPECT_EQ(this->List(this->user_)[0].lineage.generation, 1U);
  token.client.clear();  // not checked
  EXPECT_EQ(this->Rotate(token).verdict, Verdict::kRotated);
}

TYPED_TEST(SessionStoreContract, ADeviceIsBroughtUpToDateByItsRotation) {
  const Session session = this->Start(this->user_);
  Presented token = TokenOf(session, 1);
  token.device = {"", "agent/2.0", "198.51.100.7"};
  const Rotation rotation = this->Rotate(token);
  EXPECT_EQ(rotation.session.device, (Device{"phone", "agent/2.0", "198.51.100.7"}));
  token.device.name = "never mind";
  EXPECT_EQ(this->Rotate(token).session, rotation.session)
      << "a repeat answers, and changes nothing";
}

TYPED_TEST(SessionStoreContract, WhatHasExpiredIsGone) {
  const Session idle = this->Start(this->user_);
  this->clock_.Advance(days(7) - milliseconds(1));
  const Session fresh = this->Start(this->user_);
  EXPECT_THAT(this->List(this->user_), SizeIs(2));
  this->clock_.Advance(milliseconds(1));
  EXPECT_THAT(this->List(this->user_), ElementsAre(fresh));
  EXPECT_EQ(this->Use(idle, 1), Verdict::kEnded);
  EXPECT_EQ(Finish(this->store().End(this->user_, idle.id, this->Now()))->sessions, 0);
  EXPECT_THAT(this->Log(), IsEmpty()) << "its access tokens had expired long before";
}

TYPED_TEST(SessionStoreContract, TheOldestSessionEndsWhenThereAreTooMany) {
  Policy policy;
  policy.max_sessions = 3;
  this->Use(policy);
  std::vector<Session> all;
  for (int i = 0; i < 3; ++i) {
    all.push_back(this->Start(this->user_));
    this->clock_.Advance(seconds(1));
  }
  EXPECT_EQ(this->Use(all[0], 1), Verdict::kRotated) << "used last, and still the oldest";
  const Session one_more = NewSession(this->user_, this->Now().now);
  EXPECT_THAT(*Finish(this->store().Add(one_more, this->Now())), ElementsAre(this->Ended(all[0])));
  EXPECT_THAT(this->Log(), ElementsAre(this->Ended(all[0])));
  EXPECT_THAT(this->List(this->user_), ElementsAre(one_more, all[2], all[1]));
  EXPECT_EQ(this->Use(all[0], 2), Verdict::kEnded);
}

TYPED_TEST(SessionStoreContract, FiftySessionsAreKept) {
  std::vector<Session> all;
  for (int i = 0; i < 53; ++i) {
    all.push_back(this->Start(this->user_));
    this->clock_.Advance(seconds(1));
  }
  EXPECT_THAT(this->List(this->user_), SizeIs(50));
  EXPECT_THAT(this->Log(), SizeIs(3));
  EXPECT_EQ(this->Use(all[52], 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(all[3], 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(all[2], 1), Verdict::kEnded);
}

TYPED_TEST(SessionStoreContract, EndingIsIdempotentAndRecordedOnce) {
  const Session session = this->Start(this->user_);
  const Session other = this->Start(this->user_);
  const Ending ending = *Finish(this->store().End(this->user_, session.id, this->Now()));
  EXPECT_EQ(ending.sessions, 1);
  EXPECT_THAT(ending.revocations, ElementsAre(this->Ended(session)));
  const Ending again = *Finish(this->store().End(this->user_, session.id, this->Now()));
  EXPECT_EQ(again.sessions, 0);
  EXPECT_THAT(again.revocations, IsEmpty());
  EXPECT_THAT(this->Log(), ElementsAre(this->Ended(session)));
  EXPECT_THAT(this->List(this->user_), ElementsAre(other));
}

TYPED_TEST(SessionStoreContract, NobodyEndsWhatIsAnothers) {
  const Session session = this->Start(this->user_);
  EXPECT_EQ(Finish(this->store().End(uuid::Uuid::Random(), session.id, this->Now()))->sessions, 0);
  EXPECT_THAT(this->Log(), IsEmpty());
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
}

TYPED_TEST(SessionStoreContract, EndsAllOrAllButOne) {
  const Session kept = this->Start(this->user_);
  const Session a = this->Start(this->user_);
  const Session b = this->Start(this->user_);
  const Ending others = *Finish(this->store().EndAll(this->user_, kept.id, this->Now()));
  EXPECT_EQ(others.sessions, 2);
  EXPECT_THAT(others.revocations, UnorderedElementsAre(this->Ended(a), this->Ended(b)));
  EXPECT_THAT(this->List(this->user_), ElementsAre(kept));
  const Ending all = *Finish(this->store().EndAll(this->user_, std::nullopt, this->Now()));
  EXPECT_EQ(all.sessions, 1);
  EXPECT_THAT(all.revocations, UnorderedElementsAre(this->Ended(kept), this->AllOf(this->user_)));
  EXPECT_THAT(this->List(this->user_), IsEmpty());
  const Ending none = *Finish(this->store().EndAll(this->user_, std::nullopt, this->Now()));
  EXPECT_EQ(none.sessions, 0);
  EXPECT_THAT(none.revocations, ElementsAre(this->AllOf(this->user_)))
      << "tokens of sessions that the store may have lost";
}

TYPED_TEST(SessionStoreContract, TheLogGoesOnFromItsCursorAndForgetsWhatNoLongerMatters) {
  const Session first = this->Start(this->user_);
  const Session second = this->Start(uuid::Uuid::Random());
  Finish(this->store().End(first.user, first.id, this->Now())).IgnoreError();
  const LogPage start = *Finish(this->store().ReadLog({}, this->Now()));
  EXPECT_THAT(start.revocations, ElementsAre(this->Ended(first)));
  EXPECT_FALSE(start.more);
  const LogPage nothing = *Finish(this->store().ReadLog(start.cursor, this->Now()));
  EXPECT_THAT(nothing.revocations, IsEmpty());
  Finish(this->store().End(second.user, second.id, this->Now())).IgnoreError();
  const Revocation token{Revocation::Kind::kToken, "a jti", Time(), this->Now().now + minutes(1)};
  ASSERT_TRUE(Finish(this->store().Revoke(this->user_, token, this->Now())).ok());
  const LogPage next = *Finish(this->store().ReadLog(nothing.cursor, this->Now()));
  EXPECT_THAT(next.revocations, UnorderedElementsAre(this->Ended(second), token));
  EXPECT_THAT(this->Log(), SizeIs(3));
  this->clock_.Advance(minutes(1));
  EXPECT_THAT(this->Log(), SizeIs(2));
  this->clock_.Advance(RevocationLife(this->policy_));
  EXPECT_THAT(this->Log(), IsEmpty());
}

}  // namespace
}  // namespace tokenforge::sessions
