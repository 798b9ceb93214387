#include "interceptors/bound_method.h"

#include <gtest/gtest.h>

namespace tokenforge::internal {
namespace {

AccessRule Role(const std::string& role) {
  AccessRule rule;
  rule.any_role = {role};
  return rule;
}

MethodRule Ready(const AccessRule& rule) {
  std::vector<errors::FieldFault> faults;
  return Compile(rule, "a.B/C", "example.org", faults);
}

TEST(RuleSlot, HasNoRuleUntilItIsGivenOne) {
  RuleSlot slot;
  EXPECT_EQ(slot.Get(), nullptr);
  slot.Set(Role("admin"), Ready(Role("admin")));
  ASSERT_NE(slot.Get(), nullptr);
  EXPECT_EQ(slot.Get()->any_role, std::vector<std::string>{"admin"});
  slot.Clear();
  EXPECT_EQ(slot.Get(), nullptr);
}

TEST(RuleSlot, ARuleThatWasReplacedLivesOnForTheCallsThatReadIt) {
  RuleSlot slot(Role("admin"), Ready(Role("admin")));
  const MethodRule* const read = slot.Get();
  slot.Set(Role("staff"), Ready(Role("staff")));
  EXPECT_EQ(slot.Get()->any_role, std::vector<std::string>{"staff"});
  EXPECT_EQ(read->any_role, std::vector<std::string>{"admin"});
}

TEST(RuleSlot, ChangingToAndFroMakesNoMoreRules) {
  RuleSlot slot(Role("admin"), Ready(Role("admin")));
  const MethodRule* const admin = slot.Get();
  slot.Set(Role("staff"), Ready(Role("staff")));
  const MethodRule* const staff = slot.Get();
  for (int i = 0; i < 3; ++i) {
    slot.Set(Role("admin"), Ready(Role("admin")));
    EXPECT_EQ(slot.Get(), admin);
    slot.Set(Role("staff"), Ready(Role("staff")));
    EXPECT_EQ(slot.Get(), staff);
  }
}

}  // namespace
}  // namespace tokenforge::internal
