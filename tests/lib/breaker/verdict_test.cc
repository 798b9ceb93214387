#include "lib/breaker/verdict.h"

#include <gtest/gtest.h>

#include "lib/errors/errors.h"

namespace tokenforge::breaker {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kPatience{1000};

// Of a call that had five seconds and ended after one.
Verdict Of(const absl::Status& status) {
  const clock::SteadyTime start{};
  return VerdictOf(status, {start, start + seconds(5), start + seconds(1)}, kPatience);
}

Verdict Of(errors::Reason reason) { return Of(errors::Make(reason, "")); }

TEST(Verdict, AnAnswerIsGood) { EXPECT_EQ(Of(absl::OkStatus()).kind, Verdict::kGood); }

TEST(Verdict, ARefusalIsAnAnswer) {
  for (const errors::Reason reason :
       {reasons::INVALID_FIELD, reasons::NOT_FOUND, reasons::EMAIL_TAKEN,
        reasons::INVALID_CREDENTIALS, reasons::RATE_LIMITED, reasons::LAST_ADMINISTRATOR,
        reasons::PEER_NOT_ALLOWED, reasons::NOT_BUILT, reasons::INTERNAL_FAULT}) {
    EXPECT_EQ(Of(reason).kind, Verdict::kGood) << reasons::Reason_Name(reason);
  }
}

TEST(Verdict, BeingDownIsAFailure) {
  EXPECT_EQ(Of(reasons::DEPENDENCY_DOWN).kind, Verdict::kFailed);
  EXPECT_EQ(Of(absl::UnavailableError("")).kind, Verdict::kFailed);
}

TEST(Verdict, AnOpenCircuitPassedOnIsAFailureWithItsTime) {
  const Verdict verdict =
      Of(errors::MakeRetryable(reasons::CIRCUIT_OPEN, "", milliseconds(12'345)));
  EXPECT_EQ(verdict.kind, Verdict::kFailed);
  EXPECT_EQ(verdict.back_in, milliseconds(12'345));
}

TEST(Verdict, TheRetryTimeOfOtherFailuresIsNoPromise) {
  EXPECT_FALSE(Of(errors::MakeRetryable(reasons::DEPENDENCY_DOWN, "", milliseconds(200))).back_in);
}

TEST(Verdict, BulkheadsAndDrainingSayNothing) {
  EXPECT_EQ(Of(reasons::OVERLOADED).kind, Verdict::kNothing);
  EXPECT_EQ(Of(reasons::DRAINING).kind, Verdict::kNothing);
}

TEST(Verdict, ACallerWhoWentAwaySaysNothing) {
  EXPECT_EQ(Of(absl::CancelledError("")).kind, Verdict::kNothing);
}

TEST(Verdict, ADeadlineThatWasLongEnoughIsAFailure) {
  const clock::SteadyTime start{};
  const CallTimes times{start, start + kPatience, start + kPatience};
  EXPECT_EQ(VerdictOf(errors::Make(reasons::DEADLINE_PASSED, ""), times, kPatience).kind,
            Verdict::kFailed);
}

TEST(Verdict, AShorterDeadlineSaysNothingHoweverTheErrorIsCalled) {
  const clock::SteadyTime start{};
  const CallTimes times{start, start + kPatience - milliseconds(1), start + kPatience};
  for (const errors::Reason reason : {reasons::DEADLINE_PASSED, reasons::DEPENDENCY_DOWN}) {
    EXPECT_EQ(VerdictOf(errors::Make(reason, ""), times, kPatience).kind, Verdict::kNothing);
  }
}

TEST(Verdict, AFailureBeforeAShortDeadlineIsOne) {
  const clock::SteadyTime start{};
  const CallTimes times{start, start + milliseconds(50), start + milliseconds(1)};
  EXPECT_EQ(VerdictOf(errors::Make(reasons::DEPENDENCY_DOWN, ""), times, kPatience).kind,
            Verdict::kFailed);
}

}  // namespace
}  // namespace tokenforge::breaker
