// Which tokens a set of revocations matches, for how long, and how many it keeps.
#include "interceptors/revocation_set.h"

#include <gtest/gtest.h>

#include "interceptors/caller_maker.h"

namespace tokenforge::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

const clock::WallTime kNow{seconds(1'800'000'000)};

VerifiedClaims Claims() {
  VerifiedClaims claims;
  claims.token_id = "t1";
  claims.session_id = "s1";
  claims.subject = "u1";
  claims.key_id = "k1";
  claims.issue_time = kNow;
  return claims;
}

Revocation Ending(clock::WallTime end = kNow + minutes(16)) {
  Revocation revocation;
  revocation.end_time = end;
  return revocation;
}
Revocation OfSession(const std::string& id) {
  Revocation revocation = Ending();
  revocation.session_id = id;
  return revocation;
}

bool Refuses(const Revocation& revocation, const VerifiedClaims& claims = Claims()) {
  RevocationSet set(100);
  set.Add({revocation}, kNow);
  return set.Matches(RevocationKeys(claims));
}

TEST(RevocationSet, MatchesTokenSessionAndKeyExactly) {
  Revocation jti = Ending(), sid = Ending(), kid = Ending();
  jti.jti = "t1";
  sid.session_id = "s1";
  kid.kid = "k1";
  for (Revocation* one : {&jti, &sid, &kid}) EXPECT_TRUE(Refuses(*one));
  jti.jti = "t";
  sid.session_id = "S1";
  kid.kid = "k12";
  for (Revocation* one : {&jti, &sid, &kid}) EXPECT_FALSE(Refuses(*one));
}

TEST(RevocationSet, OneKindOfIdNeverMatchesAnother) {
  for (const char* id : {"t1", "s1", "u1", "k1"}) {
    Revocation jti = Ending(), sid = Ending();
    jti.jti = id;
    sid.session_id = id;
    EXPECT_EQ(Refuses(jti), std::string(id) == "t1");
    EXPECT_EQ(Refuses(sid), std::string(id) == "s1");
  }
}

TEST(RevocationSet, WhatATokenDoesNotHaveMatchesNothing) {
  VerifiedClaims bare;
  bare.subject = "u2";
  EXPECT_FALSE(Refuses(Ending(), bare)) << "a revocation of nothing";
  EXPECT_FALSE(Refuses(OfSession("s1"), bare));
}

TEST(RevocationSet, AUsersTokensAreThoseIssuedBeforeTheNextWholeSecond) {
  Revocation user = Ending();
  user.subject = "u1";
  user.issued_before = kNow;
  EXPECT_FALSE(Refuses(user)) << "issued in that second: not before it";
  user.issued_before = kNow + milliseconds(1);
  EXPECT_TRUE(Refuses(user)) << "issued within the second of the revocation";
  VerifiedClaims next = Claims();
  next.issue_time = kNow + seconds(1);
  EXPECT_FALSE(Refuses(user, next)) << "issued after it";
  VerifiedClaims timeless = Claims();
  timeless.issue_time = {};
  EXPECT_TRUE(Refuses(user, timeless));
}

TEST(RevocationSet, ALaterRevocationOfAUserWidensTheFirstAndAnEarlierChangesNothing) {
  RevocationSet set(100);
  Revocation user = Ending();
  user.subject = "u1";
  user.issued_before = kNow + seconds(10);
  EXPECT_TRUE(set.Add({user}, kNow));
  user.issued_before = kNow - seconds(10);
  EXPECT_FALSE(set.Add({user}, kNow));
  EXPECT_TRUE(set.Matches(RevocationKeys(Claims())));
  EXPECT_EQ(set.size(), 1u);
}

TEST(RevocationSet, ForgetsWhatHasEnded) {
  RevocationSet set(100);
  set.Add({OfSession("s1")}, kNow);
  set.Sweep(kNow + minutes(16) - milliseconds(1));
  EXPECT_TRUE(set.Matches(RevocationKeys(Claims())));
  set.Sweep(kNow + minutes(16));
  EXPECT_FALSE(set.Matches(RevocationKeys(Claims())));
  EXPECT_EQ(set.size(), 0u);
  EXPECT_FALSE(set.Add({OfSession("s1")}, kNow + minutes(16))) << "it has ended already";
}

TEST(RevocationSet, ReplacingDropsWhatIsNotThere) {
  RevocationSet set(100);
  set.Add({OfSession("s1"), OfSession("s2")}, kNow);
  EXPECT_TRUE(set.Replace({OfSession("s2"), OfSession("s3")}, kNow));
  EXPECT_FALSE(set.Matches(RevocationKeys(Claims())));
  EXPECT_EQ(set.size(), 2u);
  EXPECT_TRUE(set.Replace({OfSession("s3")}, kNow)) << "nothing new, but others are gone";
  EXPECT_FALSE(set.Replace({OfSession("s3")}, kNow)) << "the same";
  EXPECT_EQ(set.size(), 1u);
}

TEST(RevocationSet, OverItsBoundDropsWhatEndsFirstAndSaysSo) {
  RevocationSet set(10);
  for (int i = 0; i < 30; ++i) {
    Revocation one = OfSession("s" + std::to_string(i));
    one.end_time = kNow + minutes(1 + i);
    set.Add({one}, kNow);
  }
  EXPECT_EQ(set.size(), 10u);
  EXPECT_EQ(set.dropped(), 20u);
  VerifiedClaims claims = Claims();
  claims.session_id = "s29";
  EXPECT_TRUE(set.Matches(RevocationKeys(claims)));
  claims.session_id = "s0";
  EXPECT_FALSE(set.Matches(RevocationKeys(claims)));
}

}  // namespace
}  // namespace tokenforge::internal
