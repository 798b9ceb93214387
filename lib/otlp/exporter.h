// Exporter: takes the spans of this process and sends them to a collector, in batches, from a
// thread of its own.
//
//   off ──Start──► exporting ──the collector fails──► waiting ──back-off over──► exporting
//                     │                                  │ (the batch stays; its time ends:
//                     dropped) └──────────────Stop────────────────┴──► flushing ──► off
//
// Why calls never notice a collector that is slow or away: they put spans into a bounded queue
// (lib/telemetry/span_queue.h) and never wait; one batch is on its way at a time; a batch that is
// not taken within `keep_trying` is dropped. Each span that does not arrive is counted in
// tokenforge_spans_dropped_total{reason}: queue_full, export_failed (no answer in all that time),
// refused (the collector will never take it), shutdown (the flush ran out of time); those that do
// in tokenforge_spans_exported_total. The log hears when the collector goes and when it is back.
//
// Threading: Start and Stop on one thread. Ownership: it owns the collector; the queue outlives it.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>

#include "lib/otlp/collector.h"
#include "lib/otlp/encode.h"
#include "lib/otlp/retry.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::otlp {

class Exporter {
 public:
  struct Options {
    std::size_t queue = 8192;                       // spans that may wait
    std::size_t batch = 512;                        // spans a request
    std::chrono::milliseconds delay{1000};          // the longest that a span waits for company
    std::chrono::milliseconds timeout{5000};        // of one request
    std::chrono::milliseconds keep_trying{60'000};  // with one batch
    std::chrono::milliseconds flush_within{2000};   // at the end
  };

  Exporter(telemetry::SpanQueue& queue, std::unique_ptr<Collector> collector, Origin origin,
           const Options& options);
  ~Exporter();  // Stop
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  // False, and nothing happens, when somebody else exports this queue.
  bool Start();
  // Records no more, sends what there is, for at most `flush_within`, and ends the thread. Later
  // calls are harmless.
  void Stop();

 private:
  using Time = std::chrono::steady_clock::time_point;

  void Loop();
  bool WaitForEnd();
  void Export(const telemetry::SpanQueue::Batch& batch);
  // Whether the batch is done with; otherwise it is to be sent again after *pause.
  bool SendOnce(const v1::ExportRequest& request, std::size_t spans, Retry& retry,
                std::chrono::milliseconds* pause);
  std::chrono::milliseconds TimeLeft();
  void Pause(std::chrono::milliseconds at_most, bool was_stopping);
  void NoteReachable(bool reachable, const std::string& detail);

  telemetry::SpanQueue& queue_;
  const std::unique_ptr<Collector> collector_;
  const Origin origin_;
  const Options options_;
  bool reachable_ = true;  // the thread's own: what the log was told last

  sync::Mutex mutex_;
  sync::CondVar stopping_;
  sync::CondVar ended_;
  Time stop_at_ ABSL_GUARDED_BY(mutex_) = Time::max();  // when the flush must be over
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::otlp
