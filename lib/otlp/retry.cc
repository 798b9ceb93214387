#include "lib/otlp/retry.h"

#include <algorithm>

namespace tokenforge::otlp {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirst{500};
constexpr milliseconds kLongest{15'000};

}  // namespace

std::optional<milliseconds> Retry::Next(Time now, milliseconds wish, std::uint64_t random) {
  const int doublings = std::min(failed_++, 5);
  const milliseconds ceiling = std::min(kLongest, kFirst * (1 << doublings));
  const auto half = static_cast<std::uint64_t>(ceiling.count() / 2);
  const milliseconds spread(static_cast<milliseconds::rep>(half + random % (half + 1)));
  const milliseconds pause = std::max(wish, spread);
  if (now + pause >= until_) return std::nullopt;
  return pause;
}

}  // namespace tokenforge::otlp
