#include "lib/breaker/circuit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "lib/breaker/settings.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::breaker {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CircuitTest : public ::testing::Test {
 protected:
  void Call(const absl::Status& end) {
    absl::StatusOr<Permit> permit = circuit_.Admit();
    ASSERT_TRUE(permit.ok());
    circuit_.Settle(*permit, end, clock_.SteadyNow() + seconds(5));
  }
  void Fail() {
    for (int i = 0; i < 10; ++i) Call(errors::Make(reasons::DEPENDENCY_DOWN, "away"));
  }

  fakes::FakeClock clock_;
  std::vector<bool> told_;
  Circuit circuit_{
      "test_store", {}, clock_, [this](bool open, std::string_view) { told_.push_back(open); }};
};

TEST_F(CircuitTest, RefusesWithReasonAndTheTimeUntilTheProbe) {
  Fail();
  clock_.Advance(seconds(10));
  const absl::Status refusal = circuit_.Admit().status();
  EXPECT_EQ(errors::ReasonOf(refusal), reasons::CIRCUIT_OPEN);
  EXPECT_EQ(refusal.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(errors::RetryAfterOf(refusal), seconds(20));
  EXPECT_EQ(circuit_.Look(), refusal);
}

TEST_F(CircuitTest, LookingTakesNoProbe) {
  Fail();
  clock_.Advance(seconds(30));
  EXPECT_TRUE(circuit_.Look().ok());
  EXPECT_TRUE(circuit_.Look().ok());
  const absl::StatusOr<Permit> probe = circuit_.Admit();
  EXPECT_TRUE(probe.ok());
  EXPECT_EQ(errors::ReasonOf(circuit_.Look()), reasons::CIRCUIT_OPEN);
  EXPECT_LE(errors::RetryAfterOf(circuit_.Look()), seconds(1)) << "the probe is soon over";
}

TEST_F(CircuitTest, TellsWhoWantsToKnowAndTheMetrics) {
  EXPECT_THAT(telemetry::ExposeText(),
              HasSubstr("tokenforge_circuit_open{dependency=\"test_store\"} 0"));
  Fail();
  EXPECT_THAT(telemetry::ExposeText(),
              HasSubstr("tokenforge_circuit_open{dependency=\"test_store\"} 1"));
  clock_.Advance(seconds(30));
  Call(absl::OkStatus());
  EXPECT_THAT(telemetry::ExposeText(),
              HasSubstr("tokenforge_circuit_open{dependency=\"test_store\"} 0"));
  EXPECT_THAT(told_, ElementsAre(false, true, false));
}

TEST_F(CircuitTest, ReadsPassedDeadlinesByWhatTheCallWasGiven) {
  for (int i = 0; i < 50; ++i) {
    absl::StatusOr<Permit> permit = circuit_.Admit();
    ASSERT_TRUE(permit.ok()) << "short deadlines must not open it";
    const auto deadline = clock_.SteadyNow() + milliseconds(100);
    clock_.Advance(milliseconds(100));
    circuit_.Settle(*permit, errors::Make(reasons::DEADLINE_PASSED, ""), deadline);
  }
}

TEST(CircuitSettings, AreTheContractsUnlessSaid) {
  Settings settings;
  config::Parser parser("test", "test");
  Declare(parser, &settings);
  const char* none[] = {"test"};
  ASSERT_TRUE(parser.Parse(1, const_cast<char**>(none)).run);
  const CircuitOptions options = OptionsOf(settings);
  EXPECT_EQ(options.breaker.window, seconds(10));
  EXPECT_EQ(options.breaker.min_calls, 10);
  EXPECT_EQ(options.breaker.failed_percent, 50);
  EXPECT_EQ(options.breaker.open_time, seconds(30));
}

TEST(CircuitSettings, CanBeSet) {
  Settings settings;
  config::Parser parser("test", "test");
  Declare(parser, &settings);
  const char* some[] = {"test", "--circuit-window=2s", "--circuit-min-calls=3",
                        "--circuit-failed-percent=20", "--circuit-open-time=1s"};
  ASSERT_TRUE(parser.Parse(5, const_cast<char**>(some)).run);
  const CircuitOptions options = OptionsOf(settings);
  EXPECT_EQ(options.breaker.window, seconds(2));
  EXPECT_EQ(options.breaker.min_calls, 3);
  EXPECT_EQ(options.breaker.failed_percent, 20);
  EXPECT_EQ(options.breaker.open_time, seconds(1));
}

}  // namespace
}  // namespace tokenforge::breaker
