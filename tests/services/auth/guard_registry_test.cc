#include "services/auth/guard_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

GuardInfo Named(const std::string& id) {
  return {id, "spiffe://example.org/app", "tokenforge", {}};
}

TEST(GuardRegistry, IsUpToDateWithoutGuards) {
  const GuardRegistry guards;
  const GuardCount count = guards.Count(7);
  EXPECT_EQ(count.connected, 0);
  EXPECT_EQ(count.applied, 0);
  EXPECT_THAT(count.behind, IsEmpty());
}

TEST(GuardRegistry, CountsWhoHasAppliedAVersionOrALaterOne) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  const auto two = guards.Add(Named("two"), 5);
  guards.Add(Named("three"), 0);
  guards.Applied(one, 6);
  GuardCount count = guards.Count(5);
  EXPECT_EQ(count.connected, 3);
  EXPECT_EQ(count.applied, 2);
  EXPECT_EQ(count.least_version, 0U);
  EXPECT_THAT(count.behind, ElementsAre("three"));
  EXPECT_EQ(guards.Behind(6), 2);
  guards.Applied(two, 6);
  EXPECT_EQ(guards.Behind(6), 1);
}

TEST(GuardRegistry, TakesNoAcknowledgementBack) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  guards.Applied(one, 6);
  guards.Applied(one, 3);
  EXPECT_EQ(guards.Count(6).applied, 1);
  EXPECT_EQ(guards.Count(6).least_version, 6U);
}

TEST(GuardRegistry, ForgetsWhoHasLeft) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  guards.Add(Named("two"), 4);
  guards.Remove(one);
  guards.Applied(one, 9);
  const GuardCount count = guards.Count(4);
  EXPECT_EQ(count.connected, 1);
  EXPECT_EQ(count.applied, 1);
  EXPECT_EQ(count.least_version, 4U);
}

TEST(GuardRegistry, NamesOnlySomeOfManyThatAreBehind) {
  GuardRegistry guards;
  for (int i = 0; i < 50; ++i) guards.Add(Named(std::to_string(i)), 0);
  EXPECT_EQ(guards.Count(1).behind.size(), GuardRegistry::kMaxBehind);
  EXPECT_EQ(guards.Behind(1), 50);
}

TEST(GuardRegistry, CallsAWaiterWhenTheLastGuardHasApplied) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  const auto two = guards.Add(Named("two"), 0);
  int calls = 0;
  guards.WhenApplied(3, [&] { ++calls; });
  guards.Applied(one, 3);
  guards.Applied(two, 2);
  EXPECT_EQ(calls, 0);
  guards.Applied(two, 4);
  EXPECT_EQ(calls, 1);
  guards.Applied(two, 5);
  EXPECT_EQ(calls, 1);
}

TEST(GuardRegistry, CallsAWaiterAtOnceWhenNobodyIsBehind) {
  GuardRegistry guards;
  guards.Add(Named("one"), 3);
  int calls = 0;
  guards.WhenApplied(3, [&] { ++calls; });
  EXPECT_EQ(calls, 1);
}

TEST(GuardRegistry, CallsAWaiterWhenTheLastGuardThatIsBehindLeaves) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  int calls = 0;
  guards.WhenApplied(3, [&] { ++calls; });
  guards.Remove(one);
  EXPECT_EQ(calls, 1);
}

TEST(GuardRegistry, CallsAWaiterThatGivesUpOnceAndOnlyOnce) {
  GuardRegistry guards;
  const auto one = guards.Add(Named("one"), 0);
  int calls = 0;
  const auto wait = guards.WhenApplied(3, [&] { ++calls; });
  guards.GiveUp(wait);
  guards.GiveUp(wait);
  guards.Applied(one, 3);
  EXPECT_EQ(calls, 1);
}

TEST(GuardRegistry, TellsItsListenerOfEachChange) {
  GuardRegistry guards;
  int calls = 0;
  guards.OnChange([&] { ++calls; });
  const auto one = guards.Add(Named("one"), 0);
  guards.Applied(one, 1);
  guards.Applied(one, 1);  // nothing new
  guards.Remove(one);
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace tokenforge::auth
