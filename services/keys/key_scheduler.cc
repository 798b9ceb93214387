#include "services/keys/key_scheduler.h"

#include <algorithm>
#include <string>
#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::keys {
namespace {

using telemetry::Level;

constexpr Span kShortest = std::chrono::milliseconds(5);  // between ticks that nobody asked for

}  // namespace

void KeyScheduler::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void KeyScheduler::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void KeyScheduler::Wake() {
  {
    const sync::MutexLock lock(&mutex_);
    woken_ = true;
  }
  changed_.NotifyAll();
}

void KeyScheduler::Loop() {
  do {
    const Span again = Tick();
    if (maker_ != nullptr && maker_->Refill()) {
      if (!Pause(Span(0))) return;  // one spare at a time: news must not wait for two
      continue;
    }
    if (!Pause(again)) return;
  } while (true);
}

Span KeyScheduler::Tick() {
  Span again = poll_interval_;
  const absl::Status status = cycle_.Tick(&again);
  if (well_ && !status.ok()) {
    telemetry::Log(Level::kError, "cannot refresh the keys; those in memory stay in use",
                   {{"detail", std::string(status.message())}});
  }
  if (!well_ && status.ok()) telemetry::Log(Level::kInfo, "keys refresh again");
  well_ = status.ok();
  return std::clamp(again, std::min(kShortest, poll_interval_), poll_interval_);
}

bool KeyScheduler::Pause(Span at_most) {
  const sync::MutexLock lock(&mutex_);
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!stopping_ && !woken_ && changed_.WaitUntil(&mutex_, until)) {
  }
  woken_ = false;
  return !stopping_;
}

}  // namespace tokenforge::keys
