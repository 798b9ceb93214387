// RevocationPoller: reads the store's log of revocations, again and again, into the feed.
//
// Why polling: Redis' publish/subscribe loses what is said while a connection is down, and a lost
// revocation is a session that lives on. One round of XREADs over all buckets each 100 ms costs
// next to nothing and loses nothing. After any failure it reads the whole log once more: after a
// failover a new server's clock may lag, and its entries sort before our place in the log. (The
// store does so by itself after a failover that its client has waited out.)
//
// One thread of its own, between Start and Stop.
#pragma once

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "services/sessions/revocation_feed.h"
#include "services/sessions/session_store.h"

namespace tokenforge::sessions {

class RevocationPoller {
 public:
  struct Options {
    Span interval = std::chrono::milliseconds(100);
    Span timeout = std::chrono::seconds(2);  // of one read
    Span pulse = std::chrono::seconds(4);    // between signs of life, while reading succeeds
  };

  // `on_outcome` hears, on the poller's thread, each time reading begins to fail or to succeed
  // again. Everything outlives the poller.
  RevocationPoller(SessionStore* store, RevocationFeed* feed, const clock::Clock* clock,
                   Options options, std::function<void(const absl::Status&)> on_outcome);
  ~RevocationPoller();
  RevocationPoller(const RevocationPoller&) = delete;
  RevocationPoller& operator=(const RevocationPoller&) = delete;

  void Start();
  // Waits for a read that is under way. Harmless when not started.
  void Stop();

 private:
  void Loop();
  bool Pause();  // false: stop
  absl::Status ReadAll();

  SessionStore& store_;
  RevocationFeed& feed_;
  const clock::Clock& clock_;
  const Options options_;
  const std::function<void(const absl::Status&)> on_outcome_;

  sync::Mutex mutex_;
  sync::CondVar stop_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;

  LogCursor cursor_;  // the thread's own
  std::thread thread_;
};

}  // namespace tokenforge::sessions
