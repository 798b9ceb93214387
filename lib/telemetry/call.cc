#include "lib/telemetry/call.h"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "lib/sync/mutex.h"
#include "lib/telemetry/exemplars.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::telemetry {
namespace {

constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};
constexpr std::size_t kMaxMethods = 512;
constexpr std::string_view kServerDuration = "rpc_server_call_duration_seconds";

std::size_t IndexOf(absl::StatusCode code) {
  const auto number = static_cast<std::size_t>(code);
  return number < kCodeNames.size() ? number : static_cast<std::size_t>(absl::StatusCode::kUnknown);
}

HistogramFamily CallFamily(std::string_view name, std::string_view help) {
  return HistogramFamily(name, help, {"rpc_method", "rpc_response_status_code"},
                         {std::begin(kDurationBuckets), std::end(kDurationBuckets)},
                         (kMaxMethods + 1) * kCodeNames.size());
}

const HistogramFamily& ServerFamily() {
  static const HistogramFamily family =
      CallFamily(kServerDuration, "Duration of calls that we answered");
  return family;
}

const HistogramFamily& ClientFamily() {
  static const HistogramFamily family =
      CallFamily("rpc_client_call_duration_seconds", "Duration of calls that we made");
  return family;
}

const Gauge& ActiveRequests() {
  static const Gauge gauge =
      GaugeFamily("rpc_server_active_requests", "Calls being answered now").With();
  return gauge;
}

}  // namespace

// Children appear with their first call, so that a method shows only the codes that it answered.
// Two threads may make the same child at once: the family gives both the same one.
struct MethodMetrics {
  MethodMetrics(std::string method, const HistogramFamily& in)
      : name(std::move(method)), family(in) {}

  // With `context` the call may be the exemplar of its bucket.
  void Observe(absl::StatusCode code, std::chrono::nanoseconds duration,
               const TraceContext* context = nullptr) {
    const std::size_t index = IndexOf(code);
    if (!known[index].load(std::memory_order_acquire)) {
      sync::MutexLock lock(&mutex);
      if (!known[index].load(std::memory_order_relaxed)) {
        histograms[index] = family.With({name, kCodeNames[index]});
        known[index].store(true, std::memory_order_release);
      }
    }
    histograms[index].Observe(duration);
    if (context != nullptr) {
      ExemplarsAt(index)->Note(std::chrono::duration<double>(duration).count(), *context);
    }
  }

  // Made with the first call that is recorded.
  Exemplars* ExemplarsAt(std::size_t index) {
    if (Exemplars* const made = exemplars[index].load(std::memory_order_acquire)) return made;
    const Labels labels = {{"rpc_method", name},
                           {"rpc_response_status_code", std::string(kCodeNames[index])}};
    Exemplars* const found = ExemplarsOf(
        kServerDuration, labels, {std::begin(kDurationBuckets), std::end(kDurationBuckets)});
    exemplars[index].store(found, std::memory_order_release);
    return found;
  }

  const std::string name;
  const HistogramFamily& family;
  sync::Mutex mutex;
  std::array<Histogram, kCodeNames.size()> histograms;  // [i] is written once, before known[i]
  std::array<std::atomic<Exemplars*>, kCodeNames.size()> exemplars{};
  std::array<std::atomic<bool>, kCodeNames.size()> known{};
  std::atomic<int> running = 0;
};

namespace {

// The methods of one direction; never destroyed, as handles point into it.
class Methods {
 public:
  explicit Methods(const HistogramFamily& family) : family_(family) {}

  MethodMetrics* Of(std::string_view name) {
    if (name.starts_with('/')) name.remove_prefix(1);
    sync::MutexLock lock(&mutex_);
    if (const auto known = methods_.find(name); known != methods_.end()) {
      return known->second.get();
    }
    if (methods_.size() >= kMaxMethods && name != kOther) name = kOther;
    auto& made = methods_[std::string(name)];
    if (made == nullptr) made = std::make_unique<MethodMetrics>(std::string(name), family_);
    return made.get();
  }

  std::string Running() {
    std::string running;
    sync::MutexLock lock(&mutex_);
    for (const auto& [name, method] : methods_) {
      const int calls = method->running.load(std::memory_order_relaxed);
      if (calls == 0) continue;
      running += (running.empty() ? "" : ", ") + name + " " + std::to_string(calls);
    }
    return running;
  }

 private:
  const HistogramFamily& family_;
  sync::Mutex mutex_;
  std::map<std::string, std::unique_ptr<MethodMetrics>, std::less<>> methods_
      ABSL_GUARDED_BY(mutex_);
};

Methods& ServerMethods() {
  static auto* const methods = new Methods(ServerFamily());
  return *methods;
}

Methods& ClientMethods() {
  static auto* const methods = new Methods(ClientFamily());
  return *methods;
}

Level LevelOf(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return Level::kError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return Level::kWarning;
    default:
      return Level::kInfo;
  }
}

}  // namespace

std::string_view CodeName(absl::StatusCode code) { return kCodeNames[IndexOf(code)]; }

ServerMethod ServerMethod::Of(std::string_view name) {
  return ServerMethod(ServerMethods().Of(name));
}
ServerMethod ServerMethod::Other() { return Of(kOther); }
std::string_view ServerMethod::name() const { return metrics_->name; }

ClientMethod ClientMethod::Of(std::string_view name) {
  return ClientMethod(ClientMethods().Of(name));
}
std::string_view ClientMethod::name() const { return metrics_->name; }

void RecordServerCall(ServerMethod method, const CallRecord& call) {
  const bool recorded = call.trace != nullptr && SpansOfProcess().taking() &&
                        (call.trace->flags & TraceContext::kSampled) != 0;
  method.metrics_->Observe(call.code, call.duration, recorded ? call.trace : nullptr);
  const Level level = LevelOf(call.code);
  if (!Enabled(level)) return;
  const std::array<Field, 6> fields = {
      Field("method", method.name()),
      Field("code", CodeName(call.code)),
      Field("reason", call.reason),
      Field("duration_ms", std::chrono::duration<double, std::milli>(call.duration).count()),
      Field("peer", call.peer),
      Field("sub", call.sub)};
  LogFields(level, "call", call.trace, fields);
}

void RecordClientCall(ClientMethod method, absl::StatusCode code,
                      std::chrono::nanoseconds duration) {
  method.metrics_->Observe(code, duration);
}

ActiveCall::ActiveCall() { ActiveRequests().Add(1); }

ActiveCall::~ActiveCall() {
  ActiveRequests().Add(-1);
  if (method_ != nullptr) method_->running.fetch_sub(1, std::memory_order_relaxed);
}

void ActiveCall::IsOf(ServerMethod method) {
  if (method_ != nullptr) return;
  method_ = method.metrics_;
  method_->running.fetch_add(1, std::memory_order_relaxed);
}

std::string RunningCalls() { return ServerMethods().Running(); }

}  // namespace tokenforge::telemetry
