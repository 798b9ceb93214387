// JwksFeed: tells the WatchJwks streams of this replica that there is a new key set, and every few
// seconds that they are alive.
//
// It holds no keys: a stream asks the keeper for the newest set whenever it may write, so a slow
// client skips sets and costs no memory. Whoever takes a new set into use says Tell; watchers hear
// that, and that the pulse has changed, in the same words. Thread-safe, as Watched is. One thread,
// between Start and Stop, for the signs of life.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "lib/sync/mutex.h"
#include "lib/sync/watched.h"

namespace tokenforge::keys {

class JwksFeed final : public sync::Watched {
 public:
  explicit JwksFeed(std::chrono::milliseconds heartbeat = std::chrono::seconds(5))
      : heartbeat_(heartbeat) {}
  ~JwksFeed() { Stop(); }

  void Start();
  void Stop();

  // Counts the signs of life.
  std::uint64_t pulse() const;

 private:
  void Loop();

  const std::chrono::milliseconds heartbeat_;
  mutable sync::Mutex mutex_;
  sync::CondVar stop_;
  std::uint64_t pulse_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::keys
