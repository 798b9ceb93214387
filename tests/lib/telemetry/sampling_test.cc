#include "lib/telemetry/sampling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace tokenforge::telemetry {
namespace {

constexpr char kUnsampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
constexpr char kSampled[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class Sampling : public ::testing::Test {
 protected:
  ~Sampling() override { SetRootSampleRatio(1); }
};

// An id whose last 56 bits are `random`.
TraceId IdOf(std::uint64_t random) {
  TraceId id{};
  for (std::size_t i = 0; i < 7; ++i) {
    id[15 - i] = static_cast<std::uint8_t>(random >> (8 * i));
  }
  id[0] = 0xff;  // not a part of it
  return id;
}

std::uint8_t FlagsOf(const char* traceparent) {
  TraceHeaders headers;
  if (traceparent != nullptr) headers.Add(kTraceparent, traceparent);
  return headers.Extract().flags;
}

TEST_F(Sampling, IsDecidedByTheLast56BitsOfTheId) {
  SetRootSampleRatio(0.25);
  const std::uint64_t all = std::uint64_t{1} << 56;
  EXPECT_FALSE(SamplesRoot(IdOf(0)));
  EXPECT_FALSE(SamplesRoot(IdOf(all / 4 * 3 - 1)));
  EXPECT_TRUE(SamplesRoot(IdOf(all / 4 * 3)));
  EXPECT_TRUE(SamplesRoot(IdOf(all - 1)));
}

TEST_F(Sampling, TakesAllAtOneAndNoneAtZeroOrBelow) {
  const std::uint64_t last = (std::uint64_t{1} << 56) - 1;
  for (const double ratio : {1.0, 7.0}) {
    SetRootSampleRatio(ratio);
    EXPECT_TRUE(SamplesRoot(IdOf(0))) << ratio;
  }
  for (const double ratio : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    SetRootSampleRatio(ratio);
    EXPECT_FALSE(SamplesRoot(IdOf(last))) << ratio;
  }
}

TEST_F(Sampling, TracesThatBeginHereAreRecordedByRatio) {
  SetRootSampleRatio(0);
  EXPECT_EQ(FlagsOf(nullptr), TraceContext::kRandom);
  EXPECT_EQ(FlagsOf("nonsense"), TraceContext::kRandom);
  EXPECT_EQ(TraceContext::New().flags, TraceContext::kRandom);
  SetRootSampleRatio(1);
  EXPECT_EQ(FlagsOf(nullptr), TraceContext::kRandom | TraceContext::kSampled);
}

TEST_F(Sampling, ACallersDecisionStandsWhateverTheRatio) {
  SetRootSampleRatio(0);
  EXPECT_EQ(FlagsOf(kSampled), TraceContext::kSampled);
  SetRootSampleRatio(1);
  EXPECT_EQ(FlagsOf(kUnsampled), 0);
}

// Of ids as they are made, so many are taken: a fair coin's 1,000 throws stay within 400 and 600 in
// all but one of 10^9 runs.
TEST_F(Sampling, TakesItsShareOfRandomIds) {
  SetRootSampleRatio(0.5);
  int taken = 0;
  for (int i = 0; i < 1000; ++i) taken += SamplesRoot(TraceContext::New().trace_id) ? 1 : 0;
  EXPECT_GT(taken, 400);
  EXPECT_LT(taken, 600);
}

}  // namespace
}  // namespace tokenforge::telemetry
