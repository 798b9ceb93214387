// How times and ages are said on the status page. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "lib/clock/clock.h"

namespace tokenforge::auth::status {

// What is asked every few seconds and is older than this is shown as old.
inline constexpr std::chrono::seconds kStale{30};

// "12 s", "3 min", "2 h", "5 days": rounded down.
std::string SpanText(clock::SteadyTime::duration span);

// "2027-01-15 10:04:11", UTC.
std::string TimeText(clock::WallTime time);

}  // namespace tokenforge::auth::status
