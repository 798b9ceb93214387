#include "lib/breaker/breaker.h"

#include <algorithm>

namespace tokenforge::breaker {

using clock::SteadyTime;
using std::chrono::milliseconds;

namespace {

// A probe is mostly over long before it is given up.
constexpr milliseconds kProbeNews{1000};

}  // namespace

Permit::Permit(Permit&& other) noexcept
    : breaker_(std::exchange(other.breaker_, nullptr)),
      epoch_(other.epoch_),
      start_(other.start_) {}

Permit& Permit::operator=(Permit&& other) noexcept {
  Permit taken(std::move(other));
  std::swap(breaker_, taken.breaker_);
  std::swap(epoch_, taken.epoch_);
  std::swap(start_, taken.start_);
  return *this;
}

Permit::~Permit() { Settle({}); }

void Permit::Settle(Verdict verdict) {
  if (breaker_ != nullptr) std::exchange(breaker_, nullptr)->Settle(epoch_, verdict);
}

Breaker::Breaker(const Options& options, const clock::Clock& clock, OnChange on_change)
    : options_(options),
      clock_(clock),
      on_change_(std::move(on_change)),
      bucket_width_(std::max<SteadyTime::duration>(options.window, milliseconds(kBuckets)) /
                    kBuckets) {}

std::optional<Permit> Breaker::Admit() {
  const SteadyTime now = clock_.SteadyNow();
  const sync::MutexLock lock(&mutex_);
  if (state_ == State::kClosed) return Permit(this, epoch_, now);
  if (now < until_) return std::nullopt;
  if (state_ == State::kOpen) {
    state_ = State::kHalfOpen;
    Tell({.state = state_});
  }
  until_ = now + options_.open_time;
  return Permit(this, ++epoch_, now);
}

milliseconds Breaker::Wait() const {
  const SteadyTime now = clock_.SteadyNow();
  const sync::MutexLock lock(&mutex_);
  if (state_ == State::kClosed || now >= until_) return milliseconds(0);
  const auto left = std::chrono::ceil<milliseconds>(until_ - now);
  return state_ == State::kHalfOpen ? std::min(left, kProbeNews) : left;
}

Breaker::State Breaker::state() const {
  const sync::MutexLock lock(&mutex_);
  return state_;
}

void Breaker::Settle(std::uint64_t epoch, const Verdict& verdict) {
  const SteadyTime now = clock_.SteadyNow();
  const sync::MutexLock lock(&mutex_);
  if (epoch != epoch_) return;
  if (state_ == State::kHalfOpen) {
    if (verdict.kind == Verdict::kGood) return Close();
    if (verdict.kind == Verdict::kFailed) return Open(now, verdict);
    until_ = now;
    return;
  }
  if (verdict.kind == Verdict::kNothing) return;
  Count(now, verdict.kind == Verdict::kFailed);
  if (verdict.kind == Verdict::kGood) return;
  const Bucket total = Total(now);
  const bool enough = total.calls >= options_.min_calls;
  if (enough &&
      std::int64_t{total.failed} * 100 > std::int64_t{total.calls} * options_.failed_percent) {
    Open(now, verdict);
  }
}

std::int64_t Breaker::SlotOf(SteadyTime now) const {
  return now.time_since_epoch() / bucket_width_;
}

void Breaker::Count(SteadyTime now, bool failed) {
  const std::int64_t slot = SlotOf(now);
  Bucket& bucket = buckets_[static_cast<std::size_t>(slot % kBuckets)];
  if (bucket.slot > slot) return;  // another thread was here later, with an earlier time: rare
  if (bucket.slot < slot) bucket = {.slot = slot};
  ++bucket.calls;
  bucket.failed += failed ? 1 : 0;
}

Breaker::Bucket Breaker::Total(SteadyTime now) const {
  Bucket total;
  const std::int64_t oldest = SlotOf(now) - kBuckets + 1;
  for (const Bucket& bucket : buckets_) {
    if (bucket.slot < oldest) continue;
    total.calls += bucket.calls;
    total.failed += bucket.failed;
  }
  return total;
}

void Breaker::Open(SteadyTime now, const Verdict& verdict) {
  const Bucket total = Total(now);
  const milliseconds open_for =
      std::clamp(verdict.back_in.value_or(options_.open_time), milliseconds(1), options_.open_time);
  state_ = State::kOpen;
  ++epoch_;
  until_ = now + open_for;
  Tell({.state = state_, .calls = total.calls, .failed = total.failed, .open_for = open_for});
}

void Breaker::Close() {
  state_ = State::kClosed;
  ++epoch_;
  buckets_ = {};
  Tell({.state = state_});
}

void Breaker::Tell(const Change& change) const {
  if (on_change_) on_change_(change);
}

}  // namespace tokenforge::breaker
