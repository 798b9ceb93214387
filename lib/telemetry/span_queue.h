// SpanQueue: the spans of a process that have ended, on their way to whoever exports them.
//
// Why bounded, and why the newest is dropped: whatever becomes of the collector, a call pays for
// handing a span over (one short lock) and for nothing else, and what was recorded first of a trace
// stays. What is dropped is counted: tokenforge_spans_dropped_total{reason="queue_full"}.
//
// States: closed (as a process begins: nothing is recorded at all) → open → closed. One exporter at
// a time. Thread-safe; the process's own queue is never destroyed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/sync/mutex.h"
#include "lib/telemetry/span.h"

namespace tokenforge::telemetry {

class SpanQueue {
 public:
  using Batch = std::vector<std::unique_ptr<SpanRecord>>;

  // False when it is open already: somebody else exports.
  bool Open(std::size_t bound, std::size_t batch);
  // Takes no more, and wakes Take. What is in it stays, for Take.
  void Close();
  // Cheap: asked before anything is recorded.
  bool taking() const { return taking_.load(std::memory_order_relaxed); }

  void Put(std::unique_ptr<SpanRecord> span);

  // Up to a batch of the oldest: as soon as so many are there, or whatever is there `at_most` from
  // now, or when the queue closes, or after Wake.
  Batch Take(std::chrono::milliseconds at_most);
  void Wake();
  std::size_t size() const;

 private:
  std::atomic<bool> taking_ = false;
  mutable sync::Mutex mutex_;
  sync::CondVar ready_;
  std::size_t bound_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t batch_ ABSL_GUARDED_BY(mutex_) = 1;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  Batch spans_ ABSL_GUARDED_BY(mutex_);
};

SpanQueue& SpansOfProcess();

// tokenforge_spans_dropped_total: `reason` is one of queue_full, export_failed, refused, shutdown.
void CountDroppedSpans(std::string_view reason, std::size_t count);

}  // namespace tokenforge::telemetry
