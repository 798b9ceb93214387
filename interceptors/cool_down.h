// CoolDown: lets something happen at most once in a while, whoever asks and however often.
// Thread-safe and lock-free.
#pragma once

#include <atomic>
#include <chrono>

#include "lib/clock/clock.h"

namespace tokenforge::internal {

class CoolDown {
 public:
  explicit CoolDown(std::chrono::nanoseconds pause) : pause_(pause) {}

  // Whether Take might be true: for callers with work to do before they ask.
  bool Ready(clock::SteadyTime now) const {
    return now.time_since_epoch().count() >= next_.load(std::memory_order_relaxed);
  }

  // True for one caller, and then for none until the pause is over.
  bool Take(clock::SteadyTime now) {
    const auto at = now.time_since_epoch().count();
    auto next = next_.load(std::memory_order_relaxed);
    return at >= next && next_.compare_exchange_strong(next, at + pause_.count());
  }

 private:
  const std::chrono::nanoseconds pause_;
  std::atomic<clock::SteadyTime::rep> next_ = 0;
};

}  // namespace tokenforge::internal
