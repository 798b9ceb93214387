// Each row of the refresh table, and its edges.
#include "services/sessions/session_rules.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class DecideTest : public ::testing::Test {
 protected:
  Time Now() const { return std::chrono::floor<milliseconds>(clock_.Now()); }
  Verdict Use(uint32_t generation) { return Decide(lineage_, generation, Now(), policy_); }
  void Rotate(int times = 1) {
    for (int i = 0; i < times; ++i) ASSERT_EQ(Use(lineage_.generation), Verdict::kRotated);
  }

  fakes::FakeClock clock_;
  Policy policy_;
  Lineage lineage_{Now(), 1, {}};
};

TEST_F(DecideTest, TheNewestTokenRotates) {
  clock_.Advance(minutes(10));
  EXPECT_EQ(Use(1), Verdict::kRotated);
  EXPECT_EQ(lineage_, (Lineage{Now() - minutes(10), 2, {Now()}}));
}

TEST_F(DecideTest, ThePredecessorGetsTheSameSuccessorWithinTheGrace) {
  Rotate();
  const Lineage before = lineage_;
  clock_.Advance(seconds(30) - milliseconds(1));
  EXPECT_EQ(Use(1), Verdict::kRepeated);
  EXPECT_EQ(lineage_, before);
  EXPECT_EQ(Use(1), Verdict::kRepeated) << "and again";
}

TEST_F(DecideTest, ThePredecessorIsTheftWhenTheGraceEndsExactlyNow) {
  Rotate();
  clock_.Advance(seconds(30));
  const Lineage before = lineage_;
  EXPECT_EQ(Use(1), Verdict::kReused);
  EXPECT_EQ(lineage_, before);
}

TEST_F(DecideTest, AnOlderTokenWithinItsGraceIsSuperseded) {
  Rotate();
  clock_.Advance(seconds(29));
  Rotate();
  EXPECT_EQ(Use(1), Verdict::kSuperseded);
  EXPECT_EQ(Use(2), Verdict::kRepeated);
}

TEST_F(DecideTest, AnOlderTokenIsMeasuredByItsOwnEndAndNotByTheLastMove) {
  Rotate();
  clock_.Advance(seconds(20));
  Rotate();
  clock_.Advance(seconds(10));  // token 1 was superseded 30 s ago, token 2 only 10 s ago
  EXPECT_EQ(Use(2), Verdict::kRepeated);
  EXPECT_EQ(Use(1), Verdict::kReused);
}

TEST_F(DecideTest, AThiefWhoComesRightAfterTheOwnersRefreshIsAThief) {
  Rotate();
  clock_.Advance(hours(1));
  Rotate();  // the owner, just now
  EXPECT_EQ(Use(1), Verdict::kReused);
}

TEST_F(DecideTest, FirstTokenIsTheftAfterManyQuietGenerations) {
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(minutes(15));
    Rotate();
    EXPECT_EQ(lineage_.moves.size(), 1U);  // nothing is remembered for longer than it matters
  }
  for (uint32_t old = 1; old < 100; old += 7) EXPECT_EQ(Use(old), Verdict::kReused) << old;
}

TEST_F(DecideTest, TheStrictProfileHasNoGrace) {
  policy_.grace = seconds(0);
  Rotate();
  EXPECT_EQ(Use(1), Verdict::kReused);
  Rotate(3);
  EXPECT_EQ(lineage_.moves.size(), 1U);
  EXPECT_EQ(Use(3), Verdict::kReused);
}

TEST_F(DecideTest, AGenuineTokenAheadOfTheStoreGoesOn) {
  Rotate();
  EXPECT_EQ(Use(7), Verdict::kRotated);
  EXPECT_EQ(lineage_.generation, 8U);
  EXPECT_EQ(Use(7), Verdict::kRepeated);
  EXPECT_EQ(Use(6), Verdict::kSuperseded) << "lost generations are superseded now, and no theft";
  clock_.Advance(seconds(30));
  EXPECT_EQ(Use(6), Verdict::kReused);
}

TEST_F(DecideTest, AStoreFarBehindRemembersABoundedNumberOfMoves) {
  EXPECT_EQ(Use(4'000'000), Verdict::kRotated);
  EXPECT_EQ(lineage_.moves.size(), kMostMoves);
  Rotate(100);
  EXPECT_EQ(lineage_.moves.size(), kMostMoves);
}

TEST_F(DecideTest, IdleLifeEndsExactlySevenDaysAfterTheLastUse) {
  clock_.Advance(days(3));
  Rotate();
  clock_.Advance(days(7) - milliseconds(1));
  Lineage one = lineage_;
  EXPECT_EQ(Decide(one, 2, Now(), policy_), Verdict::kRotated);
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Use(2), Verdict::kEnded);
  EXPECT_EQ(Use(1), Verdict::kEnded) << "an ended session is not stolen";
}

TEST_F(DecideTest, AbsoluteLifeIsNotExtendedByUse) {
  for (int i = 0; i < 29; ++i) {
    clock_.Advance(days(1));
    Rotate();
  }
  clock_.Advance(days(1) - milliseconds(1));
  Rotate();
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Use(lineage_.generation), Verdict::kEnded);
  EXPECT_EQ(EndOf(lineage_, policy_), lineage_.created + days(30));
}

TEST_F(DecideTest, AClockThatStepsBackAccusesNobody) {
  Rotate();
  clock_.Step(-hours(2));
  EXPECT_EQ(Use(1), Verdict::kRepeated);
  EXPECT_EQ(Use(2), Verdict::kRotated);
}

TEST(Revocations, OutliveEveryAccessTokenThatTheyCover) {
  const Policy policy;
  const Time now = std::chrono::floor<milliseconds>(fakes::FakeClock().Now());
  EXPECT_GT(RevocationEnd(now, policy), now + policy.access_life + policy.leeway);
}

TEST(Revocations, OfAllTokensSpareALoginInTheSameSecond) {
  EXPECT_EQ(RevokedBefore(Time(milliseconds(1700))), Time(seconds(1)));
}

TEST(PolicyFaults, NamesEveryMistakeAtOnce) {
  EXPECT_TRUE(FaultsOf(Policy()).empty());
  Policy policy;
  policy.grace = -seconds(1);
  policy.absolute_life = hours(1);
  policy.max_sessions = 0;
  policy.access_life = Span(0);
  policy.leeway = -seconds(1);
  EXPECT_EQ(FaultsOf(policy).size(), 5U);
}

TEST(Staleness, CountsGenerationsAndKnowsWhenAsLongAsItIsRemembered) {
  const auto at = [](int second) { return Time(seconds(1'800'000'000 + second)); };
  const Lineage lineage{at(0), 5, {at(100), at(110)}};
  EXPECT_EQ(StalenessOf(lineage, 4, at(150)), (Staleness{1, seconds(40), true}));
  EXPECT_EQ(StalenessOf(lineage, 3, at(150)), (Staleness{2, seconds(50), true}));
  EXPECT_EQ(StalenessOf(lineage, 2, at(150)), (Staleness{3, seconds(50), false}))
      << "it was superseded before the first move that is remembered";
  EXPECT_EQ(StalenessOf(lineage, 4, at(105)), (Staleness{1, Span(0), true}))
      << "a clock that was set back makes nothing younger than new";
}

}  // namespace
}  // namespace tokenforge::sessions
