// A clock that moves only when a test says so. Thread-safe.
#pragma once

#include <atomic>
#include <chrono>

#include "lib/clock/clock.h"

namespace tokenforge::fakes {

class FakeClock final : public clock::Clock {
 public:
  explicit FakeClock(std::chrono::seconds since_epoch = std::chrono::seconds(1'800'000'000))
      : wall_(since_epoch), steady_(std::chrono::hours(1)) {}

  clock::WallTime Now() const override {
    return clock::WallTime(std::chrono::duration_cast<clock::WallTime::duration>(wall_.load()));
  }
  clock::SteadyTime SteadyNow() const override {
    return clock::SteadyTime(std::chrono::duration_cast<clock::SteadyTime::duration>(steady_.load()));
  }

  // Lets time pass: both clocks move.
  void Advance(std::chrono::nanoseconds by) {
    wall_ = wall_.load() + by;
    steady_ = steady_.load() + by;
  }
  // Somebody sets the wall clock: only it moves.
  void Step(std::chrono::nanoseconds by) { wall_ = wall_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> wall_;
  std::atomic<std::chrono::nanoseconds> steady_;
};

}  // namespace tokenforge::fakes
