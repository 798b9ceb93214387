// AgreedClock: the time of day, when the machine's own clock may be stepped.
//
// Why: one host whose clock jumps by an hour must not sign tokens that nobody takes, take tokens
// that have expired, forget revocations, or call an honest refresh a theft because another replica
// made the one before. So a process listens to somebody else's clock too (Hear): Redis, which all
// replicas share, or the other end of a feed. Three witnesses give the time:
//   own       the machine's wall clock
//   anchored  what the wall clock was when it was last confirmed, carried on by the steady clock
//   told      what somebody else said last, carried on by the steady clock
// The own one is right as long as one of the others agrees with it to within kTolerance; else the
// middle one of the three is. So each of these is overruled:
//   the own clock is stepped     anchored and told agree
//   the machine was suspended    anchored is behind, and told until it is heard again
//   the other's clock is stepped own and anchored agree
// A process that starts under a wrong clock takes what it is told first: those who share a store
// then agree among themselves. When nobody was heard for kFresh the later of own and anchored is
// the time: a token that has expired stays so. Who was never told anything has the own clock only.
//
// Differences below kTolerance are left to NTP; they are less than the verifiers' leeway and the
// grace of a refresh.
//
// Thread-safe, without a lock; Now costs two readings of a clock. `own` outlives it.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>

#include "lib/clock/clock.h"

namespace tokenforge::clock {

class AgreedClock final : public Clock {
 public:
  static constexpr std::chrono::seconds kTolerance{5};
  static constexpr std::chrono::seconds kFresh{60};
  static constexpr std::chrono::seconds kSlowest{1};  // a longer way to hear it tells too little

  explicit AgreedClock(const Clock* own)
      : own_(*own), anchored_((OwnOffset(own->SteadyNow())).count()) {}

  WallTime Now() const override {
    const SteadyTime steady = own_.SteadyNow();
    return At(steady, Offset(steady));
  }
  SteadyTime SteadyNow() const override { return own_.SteadyNow(); }

  // Somebody else said `theirs` at some time between `asked` and `heard`.
  void Hear(WallTime theirs, SteadyTime asked, SteadyTime heard) {
    if (heard - asked > kSlowest) return;
    const Span told = theirs.time_since_epoch() - (asked + (heard - asked) / 2).time_since_epoch();
    const Span own = OwnOffset(heard);
    const bool first = told_.exchange(told.count()) == kNever;
    heard_.store(heard.time_since_epoch().count());
    if (Near(own, told)) {
      anchored_.store(own.count());
    } else if (first) {
      anchored_.store(told.count());
    }
  }

  // How far the machine's clock is ahead of the time; 0 while it is believed.
  std::chrono::nanoseconds OwnAhead() const {
    const SteadyTime steady = own_.SteadyNow();
    return OwnOffset(steady) - Offset(steady);
  }

 private:
  using Span = std::chrono::nanoseconds;  // from the steady clock to a wall clock
  static constexpr Span::rep kNever = std::numeric_limits<Span::rep>::min();

  static bool Near(Span a, Span b) { return a - b <= kTolerance && b - a <= kTolerance; }
  static WallTime At(SteadyTime steady, Span offset) {
    return WallTime(
        std::chrono::duration_cast<WallTime::duration>(steady.time_since_epoch() + offset));
  }
  Span OwnOffset(SteadyTime steady) const {
    return own_.Now().time_since_epoch() - steady.time_since_epoch();
  }

  Span Offset(SteadyTime steady) const {
    const Span own = OwnOffset(steady);
    if (told_.load() == kNever) return own;
    const Span anchored(anchored_.load());
    const Span told(told_.load());
    if (Near(own, anchored)) return own;
    const SteadyTime heard{SteadyTime::duration(heard_.load())};
    if (steady - heard > kFresh) return std::max(own, anchored);
    if (Near(own, told)) return own;
    return std::max(std::min(own, anchored), std::min(std::max(own, anchored), told));
  }

  const Clock& own_;
  std::atomic<Span::rep> anchored_;
  std::atomic<Span::rep> told_ = kNever;
  std::atomic<SteadyTime::rep> heard_ = 0;
};

}  // namespace tokenforge::clock
