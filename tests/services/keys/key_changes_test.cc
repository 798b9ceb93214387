#include "services/keys/key_changes.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;

const Time kNow{std::chrono::milliseconds(1'800'000'000'000)};
const Time kLater = kNow + std::chrono::hours(1);

class KeyChangesTest : public ::testing::Test {
 protected:
  MakeKey make_ = [this]() -> absl::StatusOr<KeyRecord> {
    KeyRecord key;
    key.kid = "key " + std::to_string(++made_);
    return key;
  };
  int made_ = 0;
  KeySetRecord first_ = FirstSet(kNow, make_).value();

  static std::string KidIn(const KeySetRecord& set, KeyState state) {
    const KeyRecord* const key = FindKey(set, state);
    return key == nullptr ? "" : key->kid;
  }
  static KeyState StateOf(const KeySetRecord& set, const std::string& kid) {
    return FindKey(set, kid)->state;
  }
  static void ExpectWhole(const KeySetRecord& set) {
    std::set<std::string> kids;
    int active = 0;
    int next = 0;
    for (const KeyRecord& key : set.keys) {
      kids.insert(key.kid);
      active += key.state == KeyState::kActive ? 1 : 0;
      next += key.state == KeyState::kNext ? 1 : 0;
      EXPECT_LE(key.publish_version, set.version);
      EXPECT_GT(key.publish_version, 0u);
    }
    EXPECT_EQ(kids.size(), set.keys.size());
    EXPECT_LE(set.keys.size(), kMostKeys);
    EXPECT_EQ(active, 1);
    EXPECT_EQ(next, 1);
  }
};

TEST_F(KeyChangesTest, FirstSetHasAnActiveAndANextKey) {
  ExpectWhole(first_);
  EXPECT_EQ(first_.keys.size(), 2u);
  EXPECT_EQ(FindKey(first_, KeyState::kActive)->activate_time, kNow);
}

TEST_F(KeyChangesTest, RotationMovesEveryKeyOneStateOn) {
  const KeySetRecord after = Rotated(first_, kLater, make_).value();
  ExpectWhole(after);
  EXPECT_EQ(after.version, first_.version + 1);
  const std::string old = KidIn(first_, KeyState::kActive);
  EXPECT_EQ(StateOf(after, old), KeyState::kRetired);
  EXPECT_EQ(FindKey(after, old)->retire_time, kLater);
  EXPECT_EQ(KidIn(after, KeyState::kActive), KidIn(first_, KeyState::kNext));
  EXPECT_EQ(FindKey(after, KeyState::kActive)->activate_time, kLater);
  EXPECT_EQ(FindKey(after, KeyState::kActive)->publish_version, first_.version);
  EXPECT_EQ(FindKey(after, KeyState::kNext)->publish_version, after.version);
}

TEST_F(KeyChangesTest, TenThousandRotationsNeverRepeatAKid) {
  KeySetRecord set = first_;
  std::set<std::string> kids;
  for (int i = 0; i < 10'000; ++i) {
    set = Rotated(set, kNow, make_).value();
    ASSERT_TRUE(kids.insert(KidIn(set, KeyState::kActive)).second);
    set = Without(set, {KidIn(set, KeyState::kRetired)});
  }
  ExpectWhole(set);
}

TEST_F(KeyChangesTest, FullSetRefusesToRotate) {
  KeySetRecord set = first_;
  while (set.keys.size() < kMostKeys) set = Rotated(set, kNow, make_).value();
  EXPECT_EQ(errors::ReasonOf(Rotated(set, kNow, make_).status()), reasons::OVERLOADED);
}

TEST_F(KeyChangesTest, RevocationIsNeverRefusedForLackOfRoom) {
  KeySetRecord set = first_;
  while (set.keys.size() < kMostKeys) set = Rotated(set, kNow, make_).value();
  const KeySetRecord one = Revoked(set, KidIn(set, KeyState::kActive), kNow, make_).value();
  ExpectWhole(one);
  const KeySetRecord all = AllRevoked(set, kNow, make_).value();
  ExpectWhole(all);
  for (const KeyRecord& key : set.keys) {
    const KeyRecord* const now = FindKey(all, key.kid);
    EXPECT_TRUE(now == nullptr || now->state == KeyState::kRevoked);
  }
  EXPECT_FALSE(Rotated(all, kNow, make_).value().keys.empty()) << "revoked keys make room";
}

TEST_F(KeyChangesTest, RevokingTheActiveKeyActivatesNext) {
  const KeySetRecord after =
      Revoked(first_, KidIn(first_, KeyState::kActive), kLater, make_).value();
  ExpectWhole(after);
  EXPECT_EQ(KidIn(after, KeyState::kActive), KidIn(first_, KeyState::kNext));
}

TEST_F(KeyChangesTest, RevokingARevokedKeyChangesNothing) {
  const std::string kid = KidIn(first_, KeyState::kNext);
  const KeySetRecord once = Revoked(first_, kid, kLater, make_).value();
  EXPECT_EQ(Revoked(once, kid, kLater, make_)->version, once.version);
  EXPECT_EQ(errors::ReasonOf(Revoked(first_, "nobody", kNow, make_).status()), reasons::NOT_FOUND);
}

TEST_F(KeyChangesTest, NewNextTakesTheOldOnesPlace) {
  const KeySetRecord after = WithNewNext(first_, kLater, make_).value();
  ExpectWhole(after);
  EXPECT_EQ(FindKey(after, KidIn(first_, KeyState::kNext)), nullptr);
  EXPECT_EQ(KidIn(after, KeyState::kActive), KidIn(first_, KeyState::kActive));
}

TEST_F(KeyChangesTest, FailureToMakeAKeyChangesNothing) {
  const MakeKey broken = []() -> absl::StatusOr<KeyRecord> { return absl::InternalError("no"); };
  EXPECT_FALSE(FirstSet(kNow, broken).ok());
  EXPECT_FALSE(Rotated(first_, kNow, broken).ok());
  EXPECT_FALSE(AllRevoked(first_, kNow, broken).ok());
}

TEST_F(KeyChangesTest, MergingKeepsEveryKeyThatMayHaveSigned) {
  const KeySetRecord ours = AllRevoked(first_, kLater, make_).value();
  const KeySetRecord theirs = Rotated(first_, kLater, make_).value();
  const KeySetRecord merged = Merged(theirs, ours, true, kLater, make_).value();
  ExpectWhole(merged);
  EXPECT_EQ(merged.version, theirs.version + 1);
  for (const KeyRecord& key : first_.keys) {
    EXPECT_EQ(StateOf(merged, key.kid), KeyState::kRevoked) << "a revocation stands";
  }
  EXPECT_EQ(KidIn(merged, KeyState::kActive), KidIn(ours, KeyState::kActive));
}

TEST_F(KeyChangesTest, OfTwoActiveKeysTheOtherRetires) {
  const KeySetRecord ours = AllRevoked(first_, kLater, make_).value();
  const KeySetRecord theirs = AllRevoked(first_, kLater, make_).value();
  const KeySetRecord merged = Merged(theirs, ours, true, kLater, make_).value();
  ExpectWhole(merged);
  EXPECT_EQ(KidIn(merged, KeyState::kActive), KidIn(theirs, KeyState::kActive));
  EXPECT_EQ(StateOf(merged, KidIn(ours, KeyState::kActive)), KeyState::kRetired);
}

TEST_F(KeyChangesTest, OlderValueAddsNoKey) {
  const std::string gone = KidIn(first_, KeyState::kActive);
  const KeySetRecord ours = Without(Rotated(first_, kNow, make_).value(), {gone});
  const KeySetRecord merged = Merged(ours, first_, false, kLater, make_).value();
  ExpectWhole(merged);
  EXPECT_EQ(FindKey(merged, gone), nullptr);
}

TEST_F(KeyChangesTest, TrustingARevokedKeyAgainIsNoticed) {
  const KeySetRecord revoked = AllRevoked(first_, kNow, make_).value();
  EXPECT_TRUE(BringsBack(first_, revoked));
  EXPECT_FALSE(BringsBack(revoked, first_));
  EXPECT_FALSE(BringsBack(Without(revoked, {first_.keys[0].kid, first_.keys[1].kid}), revoked));
}

}  // namespace
}  // namespace tokenforge::keys
