#include "services/auth/status/facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/auth/status/words.h"

namespace tokenforge::auth::status {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const clock::SteadyTime kNow{std::chrono::hours(1000)};

Facts Well() {
  Facts facts;
  facts.looked = kNow;
  facts.ready = true;
  facts.services = {Service{"users", Link::kConnected}, Service{"keys", Link::kConnected},
                    Service{"sessions", Link::kConnected}};
  Heard(facts.keys, kNow, std::vector<Key>{{.kid = "a", .state = KeyState::kActive}});
  Heard(facts.events, kNow, std::vector<Event>{});
  return facts;
}

TEST(Facts, OfAPersonOnlyTheLastDigitsAreShown) {
  EXPECT_EQ(WhomOf("0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77"), "user …de9f1b77");
  EXPECT_EQ(WhomOf("spiffe://tokenforge.local/auth"), "spiffe://tokenforge.local/auth");
  EXPECT_EQ(WhomOf("ada@example.org"), "other")
      << "an email is never shown, wherever it comes from";
  EXPECT_EQ(WhomOf(""), "");
}

TEST(Facts, ReasonsThatPeopleTypedAboutPeopleAreNotShown) {
  EXPECT_TRUE(MayShowReason("keys.all_revoked"));
  EXPECT_TRUE(MayShowReason("key.rotated"));
  EXPECT_TRUE(MayShowReason("login.failed"));
  EXPECT_FALSE(MayShowReason("account.disabled"));
  EXPECT_FALSE(MayShowReason("password.reset"));
  EXPECT_FALSE(MayShowReason(""));
}

TEST(Facts, NothingIsWrongWhenAllIsWell) { EXPECT_THAT(ProblemsOf(Well(), kNow), IsEmpty()); }

TEST(Facts, WhatIsWrongIsSaidInSentences) {
  Facts facts = Well();
  facts.services[0] = {"users", Link::kLost, true};
  facts.keys.value[0].state = KeyState::kRetired;
  facts.guards.value = {{.connected = 4, .behind = 1}, {.connected = 2, .behind = 1}};
  NotHeard(facts.events, kNow - seconds(41), "DEPENDENCY_DOWN");
  NotHeard(facts.events, kNow, "CIRCUIT_OPEN");
  EXPECT_THAT(
      ProblemsOf(facts, kNow),
      ElementsAre("there is no connection to users",
                  "the circuit of users is open: it is not asked", "no signing key is active",
                  "2 guards do not enforce the newest signing keys yet",
                  "the audit log cannot be read since 41 s (CIRCUIT_OPEN)"));
}

TEST(Facts, APageThatStandsStillSaysSo) {
  EXPECT_THAT(ProblemsOf(Well(), kNow + seconds(31)),
              ElementsAre("this page has stood still since 31 s"));
  Facts facts = Well();
  facts.stopped = true;
  EXPECT_THAT(ProblemsOf(facts, kNow), ElementsAre("this replica is going: it takes no new work"));
  facts = Well();
  facts.ready = false;
  EXPECT_THAT(ProblemsOf(facts, kNow), ElementsAre("this replica is not ready"));
}

TEST(Words, SpansAreRoundedDown) {
  EXPECT_EQ(SpanText(seconds(-3)), "0 s");
  EXPECT_EQ(SpanText(seconds(119)), "119 s");
  EXPECT_EQ(SpanText(seconds(120)), "2 min");
  EXPECT_EQ(SpanText(std::chrono::hours(3)), "3 h");
  EXPECT_EQ(SpanText(std::chrono::hours(49)), "2 days");
}

TEST(Words, TimesAreUtc) {
  EXPECT_EQ(TimeText(clock::WallTime(seconds(1'800'000'000))), "2027-01-15 08:00:00");
}

}  // namespace
}  // namespace tokenforge::auth::status
