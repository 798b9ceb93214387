// AnchoredClock: the time of day that cannot be stepped while this process lives.
//
// Why: rate limits ask how much time has passed, and somebody who sets the machine's clock forward
// must not hand out tokens (two_clocks.h). This is the wall clock as it was when the process began,
// moved on by the steady clock. Replicas' clocks agree as well as their wall clocks did when they
// began. Thread-safe; the clock that it is given outlives it.
#pragma once

#include "lib/clock/clock.h"
#include "services/sessions/session_rules.h"

namespace tokenforge::sessions {

class AnchoredClock {
 public:
  explicit AnchoredClock(const clock::Clock* clock)
      : clock_(*clock), wall_(clock->Now()), steady_(clock->SteadyNow()) {}

  // Since the epoch.
  Span Now() const {
    return std::chrono::floor<Span>(wall_.time_since_epoch() + (clock_.SteadyNow() - steady_));
  }

 private:
  const clock::Clock& clock_;
  const clock::WallTime wall_;
  const clock::SteadyTime steady_;
};

}  // namespace tokenforge::sessions
