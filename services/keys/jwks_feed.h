// JwksFeed: tells the WatchJwks streams of this replica that there is a new key set, and every few
// seconds that they are alive.
//
// It holds no keys: a stream asks the keeper for the newest set whenever it may write, so a slow
// client skips sets and costs no memory. Thread-safe; watchers are called without any lock held,
// and a watcher that has been added is held until it is removed. One thread, between Start and
// Stop, for the signs of life.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::keys {

class JwksFeed {
 public:
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // There may be a new set, or it is time for a sign of life (the pulse has changed). May come at
    // any time, from any thread, also several at once.
    virtual void OnNews() = 0;
    // The process is about to end: finish.
    virtual void OnDrain() = 0;
  };

  explicit JwksFeed(std::chrono::milliseconds heartbeat = std::chrono::seconds(5))
      : heartbeat_(heartbeat) {}
  ~JwksFeed() { Stop(); }
  JwksFeed(const JwksFeed&) = delete;
  JwksFeed& operator=(const JwksFeed&) = delete;

  void Start();
  void Stop();

  // A new set is in use: every watcher hears of it before this returns.
  void Tell();
  // Counts the signs of life.
  std::uint64_t pulse() const;

  // False when the process is ending: the watcher has not been added.
  bool Add(std::shared_ptr<Watcher> watcher);
  void Remove(Watcher* watcher);
  // Tells every watcher to finish, and lets no new one begin.
  void Drain();

 private:
  void Loop();
  std::vector<std::shared_ptr<Watcher>> Watchers() const ABSL_LOCKS_EXCLUDED(mutex_);

  const std::chrono::milliseconds heartbeat_;
  mutable sync::Mutex mutex_;
  sync::CondVar stop_;
  std::uint64_t pulse_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Watcher*, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tokenforge::keys
