#include "lib/jose/policy.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/jose/refusal.h"

namespace tokenforge::jose {
namespace {

std::string MistakesOf(PolicyOptions options) {
  return std::string(ValidationPolicy::Create(std::move(options)).status().message());
}

TEST(PolicyTest, DefaultsAreTheContracts) {
  const auto policy = ValidationPolicy::Create({.issuer = "i", .audiences = {"a"}});
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->leeway(), std::chrono::seconds(30));
  EXPECT_EQ(policy->token_limit(), 8192u);
}

TEST(PolicyTest, AnEmptyIssuerOrAudienceIsAMistakeAndNotAny) {
  EXPECT_EQ(MistakesOf({.issuer = "", .audiences = {"a"}}), "the issuer is empty");
  EXPECT_EQ(MistakesOf({.issuer = "i", .audiences = {}}), "no audience is accepted");
  EXPECT_EQ(MistakesOf({.issuer = "i", .audiences = {"a", ""}}), "an accepted audience is empty");
}

TEST(PolicyTest, NamesEveryMistakeAtOnce) {
  EXPECT_EQ(
      MistakesOf(
          {.issuer = "", .audiences = {}, .leeway = std::chrono::seconds(-1), .token_limit = 0}),
      "the issuer is empty; no audience is accepted; the leeway must lie between 0 and 300 "
      "seconds; "
      "the token limit must lie between 1 and 8192 bytes");
  EXPECT_NE(MistakesOf({.issuer = "i", .audiences = {"a"}, .leeway = std::chrono::seconds(301)}),
            "");
  EXPECT_NE(MistakesOf({.issuer = "i", .audiences = {"a"}, .token_limit = 8193}), "");
}

TEST(RefusalTest, EveryRefusalIsUnauthenticatedWithItsReason) {
  namespace reasons = errors::reasons;
  const std::pair<Refusal, errors::Reason> expected[] = {
      {Refusal::kMalformed, reasons::TOKEN_MALFORMED},
      {Refusal::kExpired, reasons::TOKEN_EXPIRED},
      {Refusal::kNotYetValid, reasons::TOKEN_NOT_YET_VALID},
      {Refusal::kWrongIssuer, reasons::TOKEN_WRONG_ISSUER},
      {Refusal::kWrongAudience, reasons::TOKEN_WRONG_AUDIENCE},
      {Refusal::kWrongType, reasons::TOKEN_WRONG_TYPE},
      {Refusal::kBadSignature, reasons::TOKEN_BAD_SIGNATURE},
      {Refusal::kUnknownKey, reasons::TOKEN_UNKNOWN_KEY},
  };
  for (const auto& [refusal, reason] : expected) {
    const absl::Status status = ToStatus(refusal);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_EQ(errors::ReasonOf(status), reason);
    EXPECT_FALSE(status.message().empty());
  }
}

}  // namespace
}  // namespace tokenforge::jose
