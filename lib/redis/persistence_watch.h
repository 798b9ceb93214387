// PersistenceWatch: tells the process's metrics whether Redis keeps what it acknowledges.
//
//   tokenforge_redis_persistent   1: every server writes its append-only file, and could lately;
//                                 0: one does not; absent before the first answer
//
// Why: a Redis without its append-only file works as well as any other until it starts again; then
// sessions that were ended are alive, and signing keys are gone (docs/redis.md). A service does not
// refuse it, because tests, caches and managed servers may be meant so; but somebody must know.
//
// Asks INFO on each server that holds data, at a bounded pace, without waiting for answers. While
// Redis is away the last word stands. Made and stopped by one owner; a thread of its own. The
// client outlives it.
#pragma once

#include <chrono>
#include <string_view>
#include <thread>

#include "lib/redis/client.h"
#include "lib/sync/mutex.h"

namespace tokenforge::redis {

// Whether INFO's section `persistence` tells of an append-only file that is being written.
bool KeepsWhatItAcknowledges(std::string_view info);

class PersistenceWatch {
 public:
  static constexpr std::chrono::seconds kPace{10};

  explicit PersistenceWatch(Client& client, std::chrono::milliseconds pace = kPace);
  ~PersistenceWatch();
  PersistenceWatch(const PersistenceWatch&) = delete;
  PersistenceWatch& operator=(const PersistenceWatch&) = delete;

  // Before the client goes. Harmless when called again.
  void Stop();

 private:
  void Loop();
  void Ask();

  Client& client_;
  const std::chrono::milliseconds pace_;
  sync::Mutex mutex_;
  sync::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::redis
