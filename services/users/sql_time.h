// Times as both databases keep them: whole microseconds of Unix time in a bigint.
#pragma once

#include <chrono>

#include "lib/clock/clock.h"

namespace tokenforge::users {

inline long long ToMicroseconds(clock::WallTime time) {
  return std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count();
}

inline clock::WallTime FromMicroseconds(long long count) {
  return clock::WallTime(
      std::chrono::duration_cast<clock::WallTime::duration>(std::chrono::microseconds(count)));
}

}  // namespace tokenforge::users
