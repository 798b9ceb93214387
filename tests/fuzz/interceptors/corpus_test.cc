#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "interceptors/policy_file.h"
#include "tests/fuzz/interceptors/targets.h"
#include "tests/fuzz/interceptors/witness.h"

namespace tokenforge::fuzz {
namespace {

const internal::PolicySetting kSetting{"tokenforge.local", {"tokenforge"}, std::chrono::hours(24)};

TEST(InterceptorsFuzzTest, PolicyFilesReadBackAndOpenNothingUnsaid) {
  EXPECT_GE(RunCorpus("policy", CheckPolicyFile), 10);
}

AccessRule Rule(const std::string& members) {
  return internal::ParsePolicyFile("{\"rules\":{\"a.v1.S\":{" + members + "}}}")
      .value()
      .entries.front()
      .rule;
}

// The judge itself: it must see what is looser, or the target above could not fail.
TEST(InterceptorsFuzzTest, WitnessesTellLooserRulesFromStricterOnes) {
  const AccessRule any_token = Rule(R"("access": "AUTHENTICATED")");
  const AccessRule everybody = Rule(R"("access": "PUBLIC")");
  const AccessRule admin = Rule(R"("any_role": ["admin"])");
  const AccessRule scopes = Rule(R"("all_scopes": ["read"])");
  const AccessRule one = Rule(R"("peers": ["/web/a"])");
  const AccessRule some = Rule(R"("peers": ["/web/*"])");
  const AccessRule wide = Rule(R"("peers": ["/**"])");
  const AccessRule fresh = Rule(R"("access": "AUTHENTICATED", "fresh": true)");
  const AccessRule hour = Rule(R"("access": "AUTHENTICATED", "max_stale_seconds": 3600)");
  for (const auto& [strict, loose] : {std::pair(admin, any_token),
                                      {any_token, everybody},
                                      {scopes, any_token},
                                      {one, some},
                                      {some, wide},
                                      {wide, everybody},
                                      {fresh, hour},
                                      {hour, any_token}}) {
    EXPECT_TRUE(LetsInAllOf(loose, strict, kSetting)) << internal::Describe(strict);
    EXPECT_FALSE(LetsInAllOf(strict, loose, kSetting)) << internal::Describe(loose);
  }
}

}  // namespace
}  // namespace tokenforge::fuzz
