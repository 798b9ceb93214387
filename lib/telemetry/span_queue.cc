#include "lib/telemetry/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "lib/telemetry/metrics.h"

namespace tokenforge::telemetry {
namespace {

const CounterFamily& Dropped() {
  static const CounterFamily family("tokenforge_spans_dropped_total",
                                    "Spans of sampled traces that no collector got", {"reason"});
  return family;
}

}  // namespace

bool SpanQueue::Open(std::size_t bound, std::size_t batch) {
  const sync::MutexLock lock(&mutex_);
  if (taking()) return false;
  bound_ = bound;
  batch_ = std::max<std::size_t>(1, batch);
  woken_ = false;
  spans_.clear();
  taking_ = true;
  return true;
}

void SpanQueue::Close() {
  const sync::MutexLock lock(&mutex_);
  taking_ = false;
  ready_.NotifyAll();
}

void SpanQueue::Put(std::unique_ptr<SpanRecord> span) {
  bool full = false;
  {
    const sync::MutexLock lock(&mutex_);
    if (!taking()) return;  // it closed while the span ran
    full = spans_.size() >= bound_;
    if (!full) spans_.push_back(std::move(span));
    // Waking a thread is dear: once for a batch, not for each span.
    if (!full && spans_.size() == batch_) ready_.NotifyOne();
  }
  if (full) {
    static const Counter dropped = Dropped().With({"queue_full"});
    dropped.Increment();
  }
}

SpanQueue::Batch SpanQueue::Take(std::chrono::milliseconds at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  const sync::MutexLock lock(&mutex_);
  while (taking() && !woken_ && spans_.size() < batch_) {
    if (!ready_.WaitUntil(&mutex_, until)) break;
  }
  woken_ = false;
  const auto count = static_cast<std::ptrdiff_t>(std::min(batch_, spans_.size()));
  Batch taken(std::make_move_iterator(spans_.begin()),
              std::make_move_iterator(spans_.begin() + count));
  spans_.erase(spans_.begin(), spans_.begin() + count);
  return taken;
}

void SpanQueue::Wake() {
  const sync::MutexLock lock(&mutex_);
  woken_ = true;
  ready_.NotifyAll();
}

std::size_t SpanQueue::size() const {
  const sync::MutexLock lock(&mutex_);
  return spans_.size();
}

SpanQueue& SpansOfProcess() {
  static auto* const spans = new SpanQueue;
  return *spans;
}

void CountDroppedSpans(std::string_view reason, std::size_t count) {
  Dropped().With({reason}).Increment(static_cast<double>(count));
}

}  // namespace tokenforge::telemetry
