#include "lib/otlp/retry.h"

#include <gtest/gtest.h>

#include <limits>

namespace tokenforge::otlp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr std::uint64_t kLongest = std::numeric_limits<std::uint64_t>::max();
const Retry::Time kBegin{};

// The widest spread of the nth pause.
milliseconds Ceiling(int nth) {
  milliseconds longest{0};
  for (std::uint64_t random = 0; random < 40'000; ++random) {
    Retry one(kBegin, std::chrono::hours(24));
    std::optional<milliseconds> pause;
    for (int i = 0; i <= nth; ++i) pause = one.Next(kBegin, milliseconds(0), random);
    longest = std::max(longest, *pause);
  }
  return longest;
}

TEST(Retry, DoublesUpToItsLongest) {
  EXPECT_EQ(Ceiling(0), milliseconds(500));
  EXPECT_EQ(Ceiling(1), milliseconds(1000));
  EXPECT_EQ(Ceiling(4), milliseconds(8000));
  EXPECT_EQ(Ceiling(5), seconds(15));
  EXPECT_EQ(Ceiling(9), seconds(15));
}

TEST(Retry, NeverComesSoonerThanHalfOfIt) {
  for (std::uint64_t random : {std::uint64_t{0}, std::uint64_t{251}, kLongest}) {
    Retry retry(kBegin, std::chrono::hours(1));
    const auto pause = retry.Next(kBegin, milliseconds(0), random);
    ASSERT_TRUE(pause.has_value());
    EXPECT_GE(*pause, milliseconds(250));
    EXPECT_LE(*pause, milliseconds(500));
  }
}

TEST(Retry, RespectsTheCollectorsWish) {
  Retry retry(kBegin, std::chrono::hours(1));
  EXPECT_EQ(retry.Next(kBegin, seconds(30), 0), seconds(30));
}

TEST(Retry, GivesTheBatchUpWhenTheNextAttemptWouldComeTooLate) {
  Retry retry(kBegin, seconds(60));
  EXPECT_TRUE(retry.Next(kBegin + seconds(59), milliseconds(0), 0).has_value());
  EXPECT_FALSE(retry.Next(kBegin + seconds(60), milliseconds(0), 0).has_value());
  Retry wishful(kBegin, seconds(60));
  EXPECT_FALSE(wishful.Next(kBegin, seconds(60), 0).has_value()) << "exactly at its end";
}

}  // namespace
}  // namespace tokenforge::otlp
