#include "services/auth/trust_state.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/fakes/fake_clock.h"

namespace tokenforge::auth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kIssuer = "https://id.example.org";
constexpr const char* kJwks = R"({"keys":[]})";

std::int64_t SecondsOf(clock::WallTime time) {
  return std::chrono::duration_cast<seconds>(time.time_since_epoch()).count();
}

v1::Revocation OfSession(const std::string& id, clock::WallTime end) {
  v1::Revocation revocation;
  revocation.set_session_id(id);
  revocation.mutable_end_time()->set_seconds(SecondsOf(end));
  return revocation;
}

v1::Revocation OfUser(const std::string& id, clock::WallTime before, clock::WallTime end) {
  v1::Revocation revocation;
  revocation.mutable_user_tokens()->set_user_id(id);
  revocation.mutable_user_tokens()->mutable_issued_before()->set_seconds(SecondsOf(before));
  revocation.mutable_end_time()->set_seconds(SecondsOf(end));
  return revocation;
}

class TrustStateTest : public ::testing::Test {
 protected:
  static TrustState Known() {
    TrustState state(kIssuer);
    state.SetKeys(1, kJwks);
    state.SetRevocationsKnown();
    return state;
  }
  fakes::FakeClock clock_;
};

TEST_F(TrustStateTest, HasNoSnapshotBeforeKeysAndRevocationsAreKnown) {
  TrustState state(kIssuer);
  EXPECT_EQ(state.Snapshot(clock_.Now()), nullptr);
  state.SetKeys(1, kJwks);
  EXPECT_EQ(state.Snapshot(clock_.Now()), nullptr);
  state.SetRevocationsKnown();
  const auto snapshot = state.Snapshot(clock_.Now());
  ASSERT_NE(snapshot, nullptr);
  EXPECT_EQ(snapshot->jwks(), kJwks);
  EXPECT_EQ(snapshot->issuer(), kIssuer);
  EXPECT_FALSE(snapshot->cursor().empty());
}

TEST_F(TrustStateTest, IsTheSameObjectWhileNothingChanges) {
  TrustState state = Known();
  const auto end = clock_.Now() + minutes(15);
  EXPECT_TRUE(state.Add(OfSession("a", end), clock_.Now()));
  const auto before = state.Snapshot(clock_.Now());
  EXPECT_FALSE(state.Add(OfSession("a", end), clock_.Now()));
  EXPECT_FALSE(state.SetKeys(1, kJwks));
  EXPECT_EQ(state.Snapshot(clock_.Now()), before);
}

TEST_F(TrustStateTest, ChangesVersionAndCursorWithEachChange) {
  TrustState state = Known();
  const auto first = state.Snapshot(clock_.Now());
  state.Add(OfSession("a", clock_.Now() + minutes(15)), clock_.Now());
  const auto second = state.Snapshot(clock_.Now());
  state.SetKeys(2, R"({"keys":[{}]})");
  const auto third = state.Snapshot(clock_.Now());
  EXPECT_LT(first->version(), second->version());
  EXPECT_LT(second->version(), third->version());
  EXPECT_NE(first->cursor(), second->cursor());
  EXPECT_NE(second->cursor(), third->cursor());
}

TEST_F(TrustStateTest, ReplicasThatBelieveTheSameHaveTheSameCursor) {
  const auto end = clock_.Now() + minutes(15);
  TrustState one = Known();
  TrustState other = Known();
  one.Add(OfSession("a", end), clock_.Now());
  one.Add(OfUser("u", clock_.Now(), end), clock_.Now());
  other.Add(OfUser("u", clock_.Now() - seconds(5), end), clock_.Now());
  other.Add(OfUser("u", clock_.Now(), end), clock_.Now());
  other.Add(OfSession("b", clock_.Now() + minutes(1)), clock_.Now());
  other.Add(OfSession("a", end), clock_.Now());
  EXPECT_NE(one.Snapshot(clock_.Now())->cursor(), other.Snapshot(clock_.Now())->cursor());
  clock_.Advance(minutes(3));  // what they differed in has ended
  EXPECT_EQ(one.Snapshot(clock_.Now())->cursor(), other.Snapshot(clock_.Now())->cursor());
}

TEST_F(TrustStateTest, KeepsTheWidestRevocationOfAUser) {
  TrustState state = Known();
  const auto now = clock_.Now();
  state.Add(OfUser("u", now, now + minutes(10)), now);
  state.Add(OfUser("u", now - minutes(1), now + minutes(15)), now);
  const auto snapshot = state.Snapshot(now);
  ASSERT_EQ(snapshot->revocations_size(), 1);
  EXPECT_EQ(snapshot->revocations(0).user_tokens().issued_before().seconds(), SecondsOf(now));
  EXPECT_EQ(snapshot->revocations(0).end_time().seconds(), SecondsOf(now + minutes(15)));
}

TEST_F(TrustStateTest, NeverForgetsARevocationBeforeItsEnd) {
  TrustState state = Known();
  const auto end = clock_.Now() + seconds(90);
  state.Add(OfSession("a", end), clock_.Now());
  while (clock_.Now() < end) {
    ASSERT_EQ(state.Snapshot(clock_.Now())->revocations_size(), 1);
    clock_.Advance(seconds(1));
  }
  clock_.Advance(minutes(1));
  EXPECT_EQ(state.Snapshot(clock_.Now())->revocations_size(), 0);
  EXPECT_EQ(state.live_revocations(), 0u);
}

TEST_F(TrustStateTest, TakesNeitherEndedRevocationsNorEmptyOnes) {
  TrustState state = Known();
  EXPECT_FALSE(state.Add(OfSession("a", clock_.Now() - minutes(2)), clock_.Now()));
  v1::Revocation nothing;
  nothing.mutable_end_time()->set_seconds(SecondsOf(clock_.Now() + minutes(5)));
  EXPECT_FALSE(state.Add(nothing, clock_.Now()));
  EXPECT_EQ(state.live_revocations(), 0u);
}

TEST_F(TrustStateTest, TellsWhatCameAfterAVersion) {
  TrustState state = Known();
  const std::uint64_t before = state.version();
  state.Add(OfSession("a", clock_.Now() + minutes(15)), clock_.Now());
  state.Add(OfSession("b", clock_.Now() + minutes(15)), clock_.Now());
  const auto change = state.ChangeSince(before, clock_.Now());
  ASSERT_TRUE(change.has_value());
  ASSERT_EQ(change->revocations_size(), 2);
  EXPECT_EQ(change->revocations(0).session_id(), "a");
  EXPECT_EQ(change->jwks(), "");
  EXPECT_EQ(change->version(), before + 2);
  EXPECT_EQ(change->cursor(), state.Snapshot(clock_.Now())->cursor());
}

TEST_F(TrustStateTest, TellsNewKeysWholeInAChange) {
  TrustState state = Known();
  const std::uint64_t before = state.version();
  state.SetKeys(2, R"({"keys":[{}]})");
  EXPECT_EQ(state.ChangeSince(before, clock_.Now())->jwks(), R"({"keys":[{}]})");
}

TEST_F(TrustStateTest, TellsTheCursorAnewWhenRevocationsHaveEnded) {
  TrustState state = Known();
  state.Add(OfSession("a", clock_.Now() + minutes(1)), clock_.Now());
  const std::uint64_t before = state.version();
  const std::string cursor = state.Snapshot(clock_.Now())->cursor();
  clock_.Advance(minutes(3));
  const auto change = state.ChangeSince(before, clock_.Now());
  ASSERT_TRUE(change.has_value());
  EXPECT_EQ(change->revocations_size(), 0);
  EXPECT_NE(change->cursor(), cursor);
}

TEST_F(TrustStateTest, TellsNoChangeBeforeEverythingIsKnownOrFromBeyondTheJournal) {
  TrustState unknown(kIssuer);
  unknown.SetKeys(1, kJwks);
  EXPECT_FALSE(unknown.ChangeSince(0, clock_.Now()).has_value());
  TrustState state(kIssuer, 2);
  state.SetKeys(1, kJwks);
  state.SetRevocationsKnown();
  const std::uint64_t first = state.version();
  for (const char* id : {"a", "b", "c"}) {
    state.Add(OfSession(id, clock_.Now() + minutes(15)), clock_.Now());
  }
  EXPECT_FALSE(state.ChangeSince(first, clock_.Now()).has_value());
  EXPECT_TRUE(state.ChangeSince(first + 1, clock_.Now()).has_value());
  EXPECT_FALSE(state.ChangeSince(first + 100, clock_.Now()).has_value());
}

TEST_F(TrustStateTest, KnowsTheCursorOfARestartedFacadeWithTheSameContent) {
  const auto end = clock_.Now() + minutes(15);
  TrustState before = Known();
  before.Add(OfSession("a", end), clock_.Now());
  const std::string cursor = before.Snapshot(clock_.Now())->cursor();
  TrustState after(kIssuer);
  after.Add(OfSession("a", end), clock_.Now());
  after.SetKeys(9, kJwks);  // the same keys under another version
  after.SetRevocationsKnown();
  const std::uint64_t same = after.version();
  after.Add(OfSession("b", end), clock_.Now());
  EXPECT_EQ(after.VersionOf(cursor, clock_.Now()), same);
  EXPECT_EQ(after.VersionOf("another", clock_.Now()), std::nullopt);
}

}  // namespace
}  // namespace tokenforge::auth
