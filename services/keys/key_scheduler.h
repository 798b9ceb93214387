// KeyScheduler: ticks a KeyCycle — when its rule says so, when there is news, and at the latest
// every poll_interval — and keeps spare keys made.
//
// Why news and a poll: publish/subscribe tells other replicas' changes within milliseconds, and
// loses what is said while a connection is down; the poll loses nothing. One thread of its own,
// between Start and Stop; Wake is for any thread. What fails is logged when it begins to fail. The
// cycle outlives it.
#pragma once

#include <chrono>
#include <thread>

#include "lib/sync/mutex.h"
#include "services/keys/key_cycle.h"

namespace tokenforge::keys {

class KeyScheduler {
 public:
  // `maker` may be null: then no spares are made.
  KeyScheduler(KeyCycle& cycle, KeyMaker* maker, Span poll_interval)
      : cycle_(cycle), maker_(maker), poll_interval_(poll_interval) {}
  ~KeyScheduler() { Stop(); }
  KeyScheduler(const KeyScheduler&) = delete;
  KeyScheduler& operator=(const KeyScheduler&) = delete;

  void Start();
  // Waits for a tick that is under way. Harmless when not started.
  void Stop();
  // There may be something new: tick soon.
  void Wake();

 private:
  void Loop();
  Span Tick();
  bool Pause(Span at_most);  // false: stop

  KeyCycle& cycle_;
  KeyMaker* const maker_;
  const Span poll_interval_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool well_ = true;  // the thread's own
  std::thread thread_;
};

}  // namespace tokenforge::keys
