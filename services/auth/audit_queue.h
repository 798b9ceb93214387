// AuditQueue: audit events of what has happened already (a key was revoked, a session ended, a
// theft was found), on their way to the log in the users service.
//
// Why a queue: such a thing cannot be undone because the log is away, and whoever revokes keys must
// not wait for a database. So the caller goes on, and the event is sent until it is taken. Its time
// is the one at which it happened.
//
// What can be lost: at most `most` events wait; when there are more, or the process ends while the
// log is away, events are dropped. Each dropped event is an error line in the process's log with
// everything that it said, and counts in tokenforge_audit_events_dropped_total{kind}. An answer
// that was lost on its way makes an event stand in the log twice.
//
// Thread-safe: one thread of its own sends. What `send` needs outlives this object.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/metrics.h"
#include "tokenforge/users/v1/users.pb.h"

namespace tokenforge::auth {

class AuditQueue {
 public:
  using Event = users::v1::AuditEvent;
  // Sends one event; ends by itself within some seconds.
  using Send = std::function<async::Task<absl::Status>(const Event& event)>;

  struct Options {
    std::size_t most = 4096;
    std::chrono::milliseconds first_wait{100};  // after a failure; doubles
    std::chrono::milliseconds longest_wait{5000};
  };

  explicit AuditQueue(Send send) : AuditQueue(std::move(send), Options()) {}
  AuditQueue(Send send, const Options& options);
  ~AuditQueue();  // Stop without patience
  AuditQueue(const AuditQueue&) = delete;
  AuditQueue& operator=(const AuditQueue&) = delete;

  // Never blocks and never fails.
  void Record(Event event);

  // Sends what waits for up to `grace`, drops the rest, and ends the thread. Later events are
  // dropped. Harmless when called again.
  void Stop(std::chrono::milliseconds grace);

 private:
  using Events = std::vector<Event>;
  struct Sending;

  void Loop();
  Events Take();
  bool SendAll(Events events);
  void PutBack(Events events);
  bool Pause(std::chrono::milliseconds wait);
  void Drop(const Event& event) const;

  const Send send_;
  const Options options_;
  const telemetry::CounterFamily dropped_;
  const telemetry::Gauge waiting_count_;
  sync::Mutex mutex_;
  sync::CondVar news_;
  std::deque<Event> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::chrono::steady_clock::time_point give_up_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tokenforge::auth
