#include "services/auth/limit_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tokenforge::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kAddress[] = "192.0.2.1";

email::CanonicalEmail Account(std::string_view text) {
  return email::CanonicalEmail::Parse(text).value();
}

// "+1 policy (subject @ partition)", "-1 …", "-1 … ends the streak".
std::vector<std::string> Told(const sessions::v1::TakeTokensRequest& request) {
  std::vector<std::string> lines;
  for (const auto& bucket : request.buckets()) {
    lines.push_back((bucket.tokens() > 0 ? "+" : "") + std::to_string(bucket.tokens()) + " " +
                    bucket.policy() + " (" + bucket.subject() + " @ " + bucket.partition() + ")" +
                    (bucket.ends_streak() ? " ends the streak" : ""));
  }
  return lines;
}

TEST(LimitPlan, APasswordPaysForItsAccountItsAddressAndTheLock) {
  const LimitPlan plan = PasswordPlan(Account("ada@example.org"), kAddress);
  EXPECT_THAT(Told(plan.take),
              ElementsAre("+1 login_account (ada@example.org 192.0.2.1 @ 192.0.2.1)",
                          "+1 login_address (192.0.2.1 @ 192.0.2.1)",
                          "+1 account_lock (ada@example.org @ ada@example.org)"));
  EXPECT_THAT(Told(plan.when_right),
              ElementsAre("-1 login_account (ada@example.org 192.0.2.1 @ 192.0.2.1)",
                          "-1 account_lock (ada@example.org @ ada@example.org) ends the streak"));
  EXPECT_THAT(Told(plan.when_untold),
              ElementsAre("-1 login_account (ada@example.org 192.0.2.1 @ 192.0.2.1)",
                          "-1 login_address (192.0.2.1 @ 192.0.2.1)",
                          "-1 account_lock (ada@example.org @ ada@example.org)"));
}

TEST(LimitPlan, AnotherSpellingIsTheSameAccount) {
  const LimitPlan plain = PasswordPlan(Account("ada@example.org"), kAddress);
  for (const char* spelling : {"ADA@example.org", "Ada@Example.ORG", "aDa@eXAMPLE.org"}) {
    const LimitPlan other = PasswordPlan(Account(spelling), kAddress);
    EXPECT_EQ(Told(other.take), Told(plain.take)) << spelling;
    EXPECT_EQ(Told(ResetPlan(Account(spelling)).take),
              Told(ResetPlan(Account("ada@example.org")).take));
  }
}

TEST(LimitPlan, ACodePaysForItsChallengeAndTheLock) {
  const LimitPlan plan = CodePlan(Account("ada@example.org"), kAddress, "abc");
  const std::string hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_THAT(Told(plan.take), ElementsAre("+1 second_factor (" + hash + " @ " + hash + ")",
                                           "+1 account_lock (ada@example.org @ ada@example.org)"));
  EXPECT_THAT(Told(plan.when_right),
              ElementsAre("-1 login_account (ada@example.org 192.0.2.1 @ 192.0.2.1)",
                          "-1 account_lock (ada@example.org @ ada@example.org) ends the streak"));
  EXPECT_THAT(Told(plan.when_untold),
              ElementsAre("-1 second_factor (" + hash + " @ " + hash + ")",
                          "-1 account_lock (ada@example.org @ ada@example.org)"));
}

TEST(LimitPlan, ARegistrationPaysForItsAddressWhateverBecomesOfIt) {
  const LimitPlan plan = RegistrationPlan(kAddress);
  EXPECT_THAT(Told(plan.take), ElementsAre("+1 register_address (192.0.2.1 @ 192.0.2.1)"));
  EXPECT_THAT(Told(plan.when_right), IsEmpty());
  EXPECT_THAT(Told(plan.when_untold), ElementsAre("-1 register_address (192.0.2.1 @ 192.0.2.1)"));
}

TEST(LimitPlan, AResetPaysForItsAccount) {
  const LimitPlan plan = ResetPlan(Account("ada@example.org"));
  EXPECT_THAT(Told(plan.take), ElementsAre("+1 reset_account (ada@example.org @ ada@example.org)"));
  EXPECT_THAT(Told(plan.when_right), IsEmpty());
  EXPECT_THAT(Told(plan.when_untold),
              ElementsAre("-1 reset_account (ada@example.org @ ada@example.org)"));
}

}  // namespace
}  // namespace tokenforge::auth
