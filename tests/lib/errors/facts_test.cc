#include "lib/errors/facts.h"

#include "gtest/gtest.h"
#include "lib/errors/errors.h"

namespace tokenforge::errors {
namespace {

using std::chrono::milliseconds;

TEST(Facts, TravelWithAnErrorAndAreTakenOutOfIt) {
  const absl::Status plain = Make(reasons::REFRESH_TOKEN_REUSED, "log in again");
  EXPECT_TRUE(FactsOf(plain).empty());
  const Facts facts{{"user_id", "ann"}, {"age_ms", "7"}};
  const absl::Status with = WithFacts(plain, facts);
  EXPECT_EQ(FactsOf(with), facts);
  EXPECT_EQ(ReasonOf(with), reasons::REFRESH_TOKEN_REUSED);
  EXPECT_EQ(with.message(), plain.message());
  EXPECT_EQ(WithoutFacts(with), plain);
  EXPECT_EQ(FactsOf(WithFacts(with, {{"other", ""}})), (Facts{{"other", ""}}));
}

TEST(Facts, LeaveWhatElseAnErrorCarriesAlone) {
  const absl::Status retryable = MakeRetryable(reasons::OVERLOADED, "later", milliseconds(1500));
  EXPECT_EQ(RetryAfterOf(WithFacts(retryable, {{"a", "b"}})), milliseconds(1500));
}

TEST(Facts, AreNoneOfOursInAnErrorOfAnotherOrigin) {
  EXPECT_TRUE(FactsOf(absl::OkStatus()).empty());
  const absl::Status foreign = absl::UnknownError("what");
  EXPECT_TRUE(FactsOf(foreign).empty());
  EXPECT_EQ(WithFacts(foreign, {{"a", "b"}}), foreign);
}

}  // namespace
}  // namespace tokenforge::errors
