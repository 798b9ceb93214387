// StoreClock: tells an AgreedClock what time it is by Redis' clock, which all replicas of a service
// share.
//
// Asks for TIME once in Start, before anything is decided by the clock, and then every few seconds;
// of a cluster it takes the middle one of its primaries. While Redis does not answer nothing is
// told. What it finds out is logged once each time it changes: that the machine's clock is
// overruled, and that it is right again.
//
// The user of Redis needs `+time`; without it nothing is told, and that is logged once.
//
// One thread of its own, between Start and Stop. The client and the clock outlive it.
#pragma once

#include <chrono>
#include <thread>

#include "lib/clock/agreed_clock.h"
#include "lib/redis/client.h"
#include "lib/sync/mutex.h"

namespace tokenforge::redis {

struct StoreClockOptions {
  std::chrono::milliseconds interval{5000};
  std::chrono::milliseconds timeout{1000};  // of one answer
};

class StoreClock {
 public:
  StoreClock(Client& client, clock::AgreedClock& clock, StoreClockOptions options = {})
      : client_(client), clock_(clock), options_(options) {}
  ~StoreClock() { Stop(); }
  StoreClock(const StoreClock&) = delete;
  StoreClock& operator=(const StoreClock&) = delete;

  // Blocks for the first answer, at most for the timeout. Once.
  void Start();
  // Waits for an answer that is under way. Harmless when not started.
  void Stop();

 private:
  void Ask();
  void Loop();
  bool Pause();  // false: stop
  void Report(const absl::Status& outcome);

  Client& client_;
  clock::AgreedClock& clock_;
  const StoreClockOptions options_;
  sync::Mutex mutex_;
  sync::CondVar stop_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool overruled_ = false, refused_ = false;  // Start's, then the thread's
  std::thread thread_;
};

}  // namespace tokenforge::redis
