#include "services/auth/trust_fan_out.h"

#include <algorithm>
#include <utility>

namespace tokenforge::auth {

using std::chrono::steady_clock;

TrustFanOut::TrustFanOut(const FanOutOptions& options) : options_(options) {}

TrustFanOut::~TrustFanOut() { Stop(); }

TrustFanOut::Admission TrustFanOut::Add(std::shared_ptr<FeedStream> stream) {
  const sync::MutexLock lock(&mutex_);
  if (draining_) return Admission::kDraining;
  if (slot_of_.size() >= options_.max_streams) return Admission::kFull;
  const FeedStream* const key = stream.get();
  slot_of_[key] = next_slot_;
  slots_[next_slot_][key] = std::move(stream);
  next_slot_ = (next_slot_ + 1) % kSlots;
  return Admission::kAdmitted;
}

void TrustFanOut::Remove(const FeedStream* stream) {
  std::shared_ptr<FeedStream> last;  // destroyed after the lock is released
  const sync::MutexLock lock(&mutex_);
  const auto place = slot_of_.find(stream);
  if (place == slot_of_.end()) return;
  Slot& slot = slots_[place->second];
  const auto kept = slot.find(stream);
  last = std::move(kept->second);
  slot.erase(kept);
  slot_of_.erase(place);
}

void TrustFanOut::Wake() {
  const sync::MutexLock lock(&mutex_);
  if (news_) return;
  news_ = true;
  woken_.NotifyAll();
}

void TrustFanOut::Drain() {
  {
    const sync::MutexLock lock(&mutex_);
    if (std::exchange(draining_, true)) return;
  }
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    for (const auto& stream : StreamsOf(slot)) stream->OnDrain();
  }
}

void TrustFanOut::Start() {
  thread_ = std::thread([this] { Run(); });
}

void TrustFanOut::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
    woken_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

std::size_t TrustFanOut::streams() const {
  const sync::MutexLock lock(&mutex_);
  return slot_of_.size();
}

void TrustFanOut::Run() {
  const auto tick = std::chrono::nanoseconds(options_.heartbeat) / static_cast<int>(kSlots);
  auto next_tick = steady_clock::now() + tick;
  auto next_round = steady_clock::now();
  for (std::size_t slot = 0; WaitUntilDue(next_tick, next_round);) {
    const auto now = steady_clock::now();
    if (now >= next_round && TakeNews()) {
      next_round = now + options_.round;
      TellAll();
    }
    // A tick that comes late is not made up for: what a stream was told meanwhile is life enough.
    if (now < next_tick) continue;
    for (const auto& stream : StreamsOf(slot)) stream->OnBeat();
    slot = (slot + 1) % kSlots;
    next_tick = std::max(next_tick + tick, now);
  }
}

bool TrustFanOut::WaitUntilDue(steady_clock::time_point next_tick,
                               steady_clock::time_point next_round) {
  const sync::MutexLock lock(&mutex_);
  while (!stopping_) {
    const auto due = news_ ? std::min(next_tick, next_round) : next_tick;
    if (steady_clock::now() >= due) return true;
    woken_.WaitUntil(&mutex_, due);
  }
  return false;
}

bool TrustFanOut::TakeNews() {
  const sync::MutexLock lock(&mutex_);
  return std::exchange(news_, false);
}

std::vector<std::shared_ptr<FeedStream>> TrustFanOut::StreamsOf(std::size_t slot) const {
  const sync::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<FeedStream>> streams;
  streams.reserve(slots_[slot].size());
  for (const auto& [key, stream] : slots_[slot]) streams.push_back(stream);
  return streams;
}

void TrustFanOut::TellAll() {
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    for (const auto& stream : StreamsOf(slot)) stream->OnNews();
  }
}

}  // namespace tokenforge::auth
