// Ticker: one thread that does something again and again, and can be woken or stopped at any
// moment.
//
// `step` runs on the ticker's thread and returns how long to wait before the next one. Wake and the
// destructor are safe from any other thread; the destructor waits for a running step.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

#include "lib/sync/mutex.h"

namespace tokenforge::internal {

class Ticker {
 public:
  explicit Ticker(std::function<std::chrono::milliseconds()> step);
  ~Ticker();
  Ticker(const Ticker&) = delete;
  Ticker& operator=(const Ticker&) = delete;

  // The next step comes at once.
  void Wake();

 private:
  void Loop();

  const std::function<std::chrono::milliseconds()> step_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::internal
