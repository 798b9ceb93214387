#include "interceptors/ticker.h"

#include <utility>

namespace tokenforge::internal {

Ticker::Ticker(std::function<std::chrono::milliseconds()> step)
    : step_(std::move(step)), thread_([this] { Loop(); }) {}

Ticker::~Ticker() {
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void Ticker::Wake() {
  sync::MutexLock lock(&mutex_);
  woken_ = true;
  changed_.NotifyAll();
}

void Ticker::Loop() {
  while (true) {
    const auto next = std::chrono::steady_clock::now() + step_();
    sync::MutexLock lock(&mutex_);
    while (!stopping_ && !woken_ && changed_.WaitUntil(&mutex_, next)) {
    }
    if (stopping_) return;
    woken_ = false;
  }
}

}  // namespace tokenforge::internal
