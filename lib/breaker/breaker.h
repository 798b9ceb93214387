// Breaker: whether a dependency may be called now, judged by how the calls of the last seconds
// went.
//
// Why: a dependency that is down costs every caller its whole deadline, and every caller's caller
// too, and comes back under the load of all that waited. After enough failures nobody is let
// through for a while, and then one call, whose end decides for all (contract, section 7).
//
//   closed     everybody is let through. More than `failed_percent` of at least `min_calls` that
//              ended within `window` failed: open.
//   open       nobody is, for `open_time`: half-open.
//   half-open  one call, the probe. It went well: closed, with an empty window. It failed: open. It
//              tells nothing, or its permit is destroyed without a word: the next call is the
//              probe. No word of it for `open_time`: the next call is one too, and the lost one no
//              longer counts.
//
// The window is ten buckets, so it is between nine and ten tenths of `window` long. A call counts
// when it ends. What was let through before the state changed no longer counts when it ends after:
// the calls that hung in a dead server say nothing about the one that has come back.
//
// A Permit is the proof that somebody was let through: what calls a dependency takes one.
//
// A pure state machine: time comes from the clock that it is given. Thread-safe; a call costs some
// tens of nanoseconds. The clock outlives the breaker, the breaker its permits.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"

namespace tokenforge::breaker {

// What the end of a call says about the dependency.
struct Verdict {
  enum Kind {
    kGood,     // it answered
    kFailed,   // it did not, or not in a time that was enough
    kNothing,  // the call ended for another reason: it counts neither way
  };
  Kind kind = kNothing;
  // The dependency said itself when trying again makes sense: if this opens the breaker, it stays
  // open no longer than that.
  std::optional<std::chrono::milliseconds> back_in = std::nullopt;
};

class Breaker;

// Movable. Exactly one Settle counts; destroyed without one it gives a probe back.
class Permit {
 public:
  Permit(Permit&& other) noexcept;
  Permit& operator=(Permit&& other) noexcept;
  ~Permit();

  clock::SteadyTime start() const { return start_; }
  void Settle(Verdict verdict);

 private:
  friend class Breaker;
  Permit(Breaker* breaker, std::uint64_t epoch, clock::SteadyTime start)
      : breaker_(breaker), epoch_(epoch), start_(start) {}

  Breaker* breaker_;
  std::uint64_t epoch_;
  clock::SteadyTime start_;
};

class Breaker {
 public:
  struct Options {
    std::chrono::milliseconds window{10'000};
    int min_calls = 10;
    int failed_percent = 50;  // more than this share opens it
    std::chrono::milliseconds open_time{30'000};
  };
  enum class State { kClosed, kOpen, kHalfOpen };
  // The calls of the window that led to it, and how long it is open at least.
  struct Change {
    State state;
    int calls = 0;
    int failed = 0;
    std::chrono::milliseconds open_for{0};
  };
  // Called for each change, in order, under a lock: quick, and without calling back.
  using OnChange = std::function<void(const Change&)>;

  Breaker(const Options& options, const clock::Clock& clock, OnChange on_change = nullptr);
  Breaker(const Breaker&) = delete;
  Breaker& operator=(const Breaker&) = delete;

  // None: the breaker is open, or its probe is under way.
  std::optional<Permit> Admit();

  // How long until it is worth asking again; zero when somebody would be let through now. Takes no
  // permit.
  std::chrono::milliseconds Wait() const;

  State state() const;

 private:
  friend class Permit;
  static constexpr int kBuckets = 10;
  struct Bucket {
    std::int64_t slot = -1;  // since the clock's beginning
    int calls = 0;
    int failed = 0;
  };

  void Settle(std::uint64_t epoch, const Verdict& verdict);
  void Count(clock::SteadyTime now, bool failed) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Bucket Total(clock::SteadyTime now) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::int64_t SlotOf(clock::SteadyTime now) const;
  void Open(clock::SteadyTime now, const Verdict& verdict) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Close() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const Change& change) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const clock::Clock& clock_;
  const OnChange on_change_;
  const clock::SteadyTime::duration bucket_width_;

  mutable sync::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kClosed;
  // Of the permits that count: grows with each change, and with each probe.
  std::uint64_t epoch_ ABSL_GUARDED_BY(mutex_) = 0;
  // Open: until when. Half-open: until when the probe is waited for; the past when there is none.
  clock::SteadyTime until_ ABSL_GUARDED_BY(mutex_) = {};
  std::array<Bucket, kBuckets> buckets_ ABSL_GUARDED_BY(mutex_) = {};
};

}  // namespace tokenforge::breaker
