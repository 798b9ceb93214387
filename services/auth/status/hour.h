// Hour: what happened in each minute of the last hour, of counters that only grow.
//
// The minutes are counted from the start of the process. A ring in memory: it says nothing of other
// replicas, and nothing of the time before this one started. Pure; not thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "lib/clock/clock.h"

namespace tokenforge::auth::status {

enum Line {
  kLoginsSucceeded,
  kLoginsRefused,
  kLoginsFailed,
  kRefreshesSucceeded,
  kRefreshesRefused,
  kRefreshesFailed,
  kSessionsStarted,
  kLines
};

using Totals = std::array<std::uint64_t, kLines>;

class Hour {
 public:
  static constexpr int kMinutes = 60;
  using Minutes = std::array<std::uint64_t, kMinutes>;  // oldest first; the last one is running

  explicit Hour(clock::SteadyTime now = {}) : start_(now) {}

  // The counters as they are now. What they have grown by since the last time belongs to this
  // minute: tell often.
  void Tell(clock::SteadyTime now, const Totals& totals);

  Minutes Of(Line line) const;
  std::uint64_t SumOf(Line line) const;

  // How many of the last minutes are known, the running one included.
  int Known() const;

 private:
  static std::size_t Place(std::int64_t minute) {
    return static_cast<std::size_t>(minute % kMinutes);
  }

  clock::SteadyTime start_;
  std::int64_t minute_ = 0;  // the running one
  Totals told_{};
  std::array<Totals, kMinutes> ring_{};
};

}  // namespace tokenforge::auth::status
