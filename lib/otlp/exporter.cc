#include "lib/otlp/exporter.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "lib/telemetry/random.h"
#include "tokenforge/otlp/v1/trace.pb.h"

namespace tokenforge::otlp {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using telemetry::CountDroppedSpans;

void CountExported(std::size_t count) {
  static const telemetry::Counter counter =
      telemetry::CounterFamily("tokenforge_spans_exported_total", "Spans that a collector took")
          .With();
  counter.Increment(static_cast<double>(count));
}

// Signals of the process belong to the thread that waits for them.
std::thread ThreadWithoutSignals(std::function<void()> body) {
  sigset_t all;
  sigset_t former;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &former);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &former, nullptr);
  return thread;
}

}  // namespace

Exporter::Exporter(telemetry::SpanQueue& queue, std::unique_ptr<Collector> collector, Origin origin,
                   const Options& options)
    : queue_(queue),
      collector_(std::move(collector)),
      origin_(std::move(origin)),
      options_(options) {}

Exporter::~Exporter() { Stop(); }

bool Exporter::Start() {
  if (!queue_.Open(options_.queue, options_.batch)) return false;
  // Nothing yet; but an alert wants to see the series.
  for (const char* reason : {"queue_full", "export_failed", "refused", "shutdown"}) {
    CountDroppedSpans(reason, 0);
  }
  CountExported(0);
  thread_ = ThreadWithoutSignals([this] { Loop(); });
  return true;
}

void Exporter::Stop() {
  if (!thread_.joinable()) return;
  {
    const sync::MutexLock lock(&mutex_);
    stop_at_ = steady_clock::now() + options_.flush_within;
    stopping_.NotifyAll();
  }
  queue_.Close();
  if (!WaitForEnd()) collector_->Cancel();
  thread_.join();
}

// False when the flush did not end in its time.
bool Exporter::WaitForEnd() {
  const sync::MutexLock lock(&mutex_);
  while (!done_ && steady_clock::now() < stop_at_) ended_.WaitUntil(&mutex_, stop_at_);
  return done_;
}

void Exporter::Loop() {
  pthread_setname_np(pthread_self(), "spans");
  for (;;) {
    // Asked before the queue is: what comes in between is in this batch or in a later one.
    const bool last = !queue_.taking();
    const telemetry::SpanQueue::Batch batch = queue_.Take(options_.delay);
    if (!batch.empty()) Export(batch);
    if (last && batch.empty()) break;
  }
  const sync::MutexLock lock(&mutex_);
  done_ = true;
  ended_.NotifyAll();
}

void Exporter::Export(const telemetry::SpanQueue::Batch& batch) {
  v1::ExportRequest request;
  Describe(origin_, request.add_resource_spans()->mutable_resource());
  Encode(batch, &request);
  Retry retry(steady_clock::now(), options_.keep_trying);
  milliseconds pause{0};
  for (milliseconds left = TimeLeft(); left > milliseconds(0); left = TimeLeft()) {
    if (SendOnce(request, batch.size(), retry, &pause)) return;
    Pause(pause, left != milliseconds::max());
  }
  CountDroppedSpans("shutdown", batch.size());
}

bool Exporter::SendOnce(const v1::ExportRequest& request, std::size_t spans, Retry& retry,
                        milliseconds* pause) {
  const Verdict verdict = collector_->Send(request, std::min(options_.timeout, TimeLeft()));
  NoteReachable(verdict.kind == Verdict::kTaken, verdict.detail);
  if (verdict.kind == Verdict::kTaken) {
    const auto rejected = static_cast<std::size_t>(
        std::clamp<std::int64_t>(verdict.rejected, 0, static_cast<std::int64_t>(spans)));
    CountExported(spans - rejected);
    CountDroppedSpans("refused", rejected);
    return true;
  }
  if (verdict.kind == Verdict::kRefused) {
    CountDroppedSpans("refused", spans);
    return true;
  }
  const auto next = retry.Next(steady_clock::now(), verdict.not_before, telemetry::NextRandom());
  if (!next) CountDroppedSpans("export_failed", spans);
  *pause = next.value_or(milliseconds(0));
  return !next;
}

milliseconds Exporter::TimeLeft() {
  const sync::MutexLock lock(&mutex_);
  if (stop_at_ == Time::max()) return milliseconds::max();
  return std::chrono::duration_cast<milliseconds>(stop_at_ - steady_clock::now());
}

// A stop cuts the wait short after an attempt that was made before it: one more is worth more than
// the collector's peace.
void Exporter::Pause(milliseconds at_most, bool was_stopping) {
  const sync::MutexLock lock(&mutex_);
  const Time until = std::min(steady_clock::now() + at_most, stop_at_);
  while (steady_clock::now() < until && (stop_at_ != Time::max()) == was_stopping) {
    stopping_.WaitUntil(&mutex_, until);
  }
}

void Exporter::NoteReachable(bool reachable, const std::string& detail) {
  if (std::exchange(reachable_, reachable) == reachable) return;
  if (reachable) {
    telemetry::Log(telemetry::Level::kInfo, "the collector takes spans again");
  } else {
    telemetry::Log(telemetry::Level::kWarning,
                   "the collector takes no spans; calls go on, and what does not fit is dropped",
                   {{"detail", detail}});
  }
}

}  // namespace tokenforge::otlp
