// Time as an argument: whoever needs the time is given a Clock, so that tests decide what time it is.
//
// Thread-safe. Clocks outlive whatever they are given to.
#pragma once

#include <chrono>

namespace tokenforge::clock {

using WallTime = std::chrono::system_clock::time_point;    // what tokens carry (UTC, RFC 7519 NumericDate)
using SteadyTime = std::chrono::steady_clock::time_point;  // what deadlines and ages are measured with

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
  virtual SteadyTime SteadyNow() const = 0;
};

// The machine's clock.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override { return std::chrono::system_clock::now(); }
  SteadyTime SteadyNow() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace tokenforge::clock
