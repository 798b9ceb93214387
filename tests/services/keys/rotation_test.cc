#include "services/keys/rotation.h"

#include <gtest/gtest.h>

#include "services/keys/key_changes.h"

namespace tokenforge::keys {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

const Time kStart{milliseconds(1'800'000'000'000)};
const RotationSettings kSettings;
constexpr Span kLongSeen = days(30);

KeyRecord Key(const std::string& kid, KeyState state) {
  KeyRecord key;
  key.kid = kid;
  key.state = state;
  key.create_time = kStart;
  key.publish_version = 7;
  if (state != KeyState::kNext) key.activate_time = kStart;
  if (state == KeyState::kRetired || state == KeyState::kRevoked) key.retire_time = kStart;
  return key;
}

GuardReport Guards(int connected, std::uint64_t least) {
  GuardReport report;
  report.facade_id = "facade";
  report.connected = connected;
  report.least_applied_version = least;
  report.behind = {"slow"};
  return report;
}

// An active key since kStart, and a next one published with version 7.
class RotationTest : public ::testing::Test {
 protected:
  Decision At(Time now) {
    Situation situation{set_, now, seen_, foreign_, reports_ ? &*reports_ : nullptr};
    return Decide(situation, kSettings);
  }
  const Time due_ = kStart + kSettings.rotate_every;
  KeySetRecord set_{9, {Key("active", KeyState::kActive), Key("next", KeyState::kNext)}};
  std::map<std::string, Span, std::less<>> seen_ = {{"active", kLongSeen}, {"next", kLongSeen}};
  std::optional<Span> foreign_;
  std::optional<std::vector<GuardReport>> reports_ = std::vector<GuardReport>();
};

TEST_F(RotationTest, NothingHappensBeforeItIsDue) {
  const Decision decision = At(due_ - milliseconds(1));
  EXPECT_EQ(decision.step, Step::kNothing);
  EXPECT_EQ(decision.look_again, milliseconds(1));
  EXPECT_EQ(decision.overdue, Span(0));
}

TEST_F(RotationTest, RotatesAfterSevenDays) { EXPECT_EQ(At(due_).step, Step::kRotate); }

TEST_F(RotationTest, NextMustHaveBeenSeenPublishedForTenMinutes) {
  seen_["next"] = minutes(10) - milliseconds(1);
  const Decision early = At(due_ + days(1));
  EXPECT_EQ(early.step, Step::kNothing);
  EXPECT_EQ(early.look_again, milliseconds(1));
  seen_["next"] = minutes(10);
  EXPECT_EQ(At(due_ + days(1)).step, Step::kRotate);
}

TEST_F(RotationTest, KeyThatWasJustNoticedCountsAsJustPublished) {
  seen_.clear();
  EXPECT_EQ(At(due_ + days(100)).step, Step::kNothing);
}

TEST_F(RotationTest, EveryConnectedGuardMustEnforceNext) {
  reports_ = {Guards(3, 7), Guards(1, 6)};
  seen_["next"] = minutes(59);
  const Decision waiting = At(due_ + minutes(59));
  EXPECT_EQ(waiting.step, Step::kNothing);
  EXPECT_EQ(waiting.waiting, std::vector<std::string>{"slow"});
  EXPECT_LE(waiting.look_again, std::chrono::seconds(1));
  reports_ = {Guards(3, 7), Guards(1, 7)};
  EXPECT_EQ(At(due_ + minutes(59)).step, Step::kRotate);
}

TEST_F(RotationTest, FacadesWithoutGuardsHoldNothingUp) {
  reports_ = {Guards(0, 0)};
  EXPECT_EQ(At(due_).step, Step::kRotate);
}

TEST_F(RotationTest, AfterAnHourItActivatesAllTheSameAndSaysWhoHadNot) {
  reports_ = {Guards(1, 0)};
  seen_["next"] = hours(1);
  EXPECT_EQ(At(due_ + hours(1) - milliseconds(1)).step, Step::kNothing);
  const Decision decision = At(due_ + hours(1));
  EXPECT_EQ(decision.step, Step::kRotate);
  EXPECT_EQ(decision.waiting, std::vector<std::string>{"slow"});
}

TEST_F(RotationTest, TheHourBeginsWhenNextIsPublished) {
  reports_ = {Guards(1, 0)};
  seen_["next"] = hours(1) - milliseconds(1);
  EXPECT_EQ(At(due_ + days(3)).step, Step::kNothing);
  seen_["next"] = hours(1);
  EXPECT_EQ(At(due_ + days(3)).step, Step::kRotate);
}

TEST_F(RotationTest, ReportsThatCannotBeReadAreNotAcknowledgements) {
  reports_.reset();
  EXPECT_EQ(At(due_).step, Step::kNothing);
  EXPECT_EQ(At(due_ + hours(1)).step, Step::kRotate);
}

TEST_F(RotationTest, ClockThatWentBackDelaysNothingForEver) {
  // The active key's time stamp comes from a clock that was years ahead.
  set_.keys[0].activate_time = kStart + days(3650);
  EXPECT_EQ(At(kStart).step, Step::kRotate);
  seen_["next"] = minutes(1);
  EXPECT_EQ(At(kStart).step, Step::kNothing) << "but never sooner than it is safe";
  set_.keys[0].activate_time = kStart + minutes(4);
  EXPECT_EQ(At(kStart).step, Step::kNothing) << "clocks may differ a little";
}

TEST_F(RotationTest, ClockThatLeapsForwardShortensNoWait) {
  seen_["next"] = minutes(9);
  set_.keys.push_back(Key("old", KeyState::kRetired));
  seen_["old"] = minutes(30);
  EXPECT_EQ(At(kStart + days(3650)).step, Step::kNothing);
}

TEST_F(RotationTest, RetiredKeyIsForgottenWhenItWasSeenRetiredForLongEnough) {
  set_.keys.push_back(Key("old", KeyState::kRetired));
  seen_["old"] = kSettings.retire_for - milliseconds(1);
  EXPECT_EQ(At(kStart + days(1)).step, Step::kNothing);
  seen_["old"] = kSettings.retire_for;
  const Decision decision = At(kStart + days(1));
  EXPECT_EQ(decision.step, Step::kForget);
  EXPECT_EQ(decision.kids, std::vector<std::string>{"old"});
}

TEST_F(RotationTest, RevokedKeyIsListedForAWhile) {
  set_.keys.push_back(Key("bad", KeyState::kRevoked));
  seen_["bad"] = kLongSeen;
  EXPECT_EQ(At(due_ - milliseconds(1)).step, Step::kNothing);
  set_.keys[0].activate_time = due_;
  EXPECT_EQ(At(due_).step, Step::kForget);
}

TEST_F(RotationTest, MissingNextIsMade) {
  set_.keys.pop_back();
  EXPECT_EQ(At(kStart).step, Step::kMakeNext);
}

TEST_F(RotationTest, NextOfAnotherAlgorithmIsReplacedBeforeItEverSigns) {
  set_.keys[1].algorithm = jose::Algorithm::kEs256;
  EXPECT_EQ(At(due_).step, Step::kMakeNext);
  seen_["next"] = minutes(9);
  EXPECT_EQ(At(due_).step, Step::kNothing) << "replicas that disagree must not race each other";
  set_.keys[0].algorithm = jose::Algorithm::kEs256;
  set_.keys[1].algorithm = kSettings.algorithm;
  EXPECT_EQ(At(due_ - milliseconds(1)).step, Step::kNothing)
      << "the active one signs on until then";
}

TEST_F(RotationTest, FullSetWaitsForRetiredKeysToGo) {
  for (std::size_t i = 2; i < kMostKeys; ++i) {
    set_.keys.push_back(Key("old " + std::to_string(i), KeyState::kRetired));
  }
  EXPECT_EQ(At(due_ + days(1)).step, Step::kNothing);
  EXPECT_EQ(At(due_ + days(1)).overdue, Span(days(1)));
  seen_["old 2"] = kSettings.retire_for;
  EXPECT_EQ(At(due_ + days(1)).step, Step::kForget);
}

TEST_F(RotationTest, SetUnderAnotherKekIsSealedAnewAfterReplicasHadTimeToAgree) {
  foreign_ = minutes(10) - milliseconds(1);
  EXPECT_EQ(At(kStart).step, Step::kNothing);
  foreign_ = minutes(10);
  EXPECT_EQ(At(kStart).step, Step::kReseal);
}

}  // namespace
}  // namespace tokenforge::keys
