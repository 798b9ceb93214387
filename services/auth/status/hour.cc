#include "services/auth/status/hour.h"

#include <algorithm>
#include <numeric>

namespace tokenforge::auth::status {

void Hour::Tell(clock::SteadyTime now, const Totals& totals) {
  const std::int64_t minute = (now - start_) / std::chrono::minutes(1);
  // After a pause of more than an hour every place is emptied once.
  const std::int64_t first = std::max(minute_ + 1, minute - kMinutes + 1);
  for (std::int64_t empty = first; empty <= minute; ++empty) ring_[Place(empty)] = {};
  minute_ = std::max(minute_, minute);
  Totals& running = ring_[Place(minute_)];
  for (std::size_t line = 0; line < kLines; ++line) {
    running[line] += totals[line] - std::min(totals[line], told_[line]);
  }
  told_ = totals;
}

Hour::Minutes Hour::Of(Line line) const {
  Minutes minutes{};
  for (int i = 0; i < kMinutes; ++i) {
    const std::int64_t minute = minute_ - kMinutes + 1 + i;
    if (minute >= 0) minutes[static_cast<std::size_t>(i)] = ring_[Place(minute)][line];
  }
  return minutes;
}

std::uint64_t Hour::SumOf(Line line) const {
  const Minutes minutes = Of(line);
  return std::accumulate(minutes.begin(), minutes.end(), std::uint64_t{0});
}

int Hour::Known() const { return static_cast<int>(std::min<std::int64_t>(minute_ + 1, kMinutes)); }

}  // namespace tokenforge::auth::status
