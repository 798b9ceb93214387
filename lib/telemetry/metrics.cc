#include "lib/telemetry/metrics.h"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>
#include <variant>

#include "lib/sync/mutex.h"
#include "lib/telemetry/collected.h"
#include "lib/telemetry/process_metrics.h"

namespace tokenforge::telemetry {

using AnyFamily =
    std::variant<prometheus::Family<prometheus::Counter>*, prometheus::Family<prometheus::Gauge>*,
                 prometheus::Family<prometheus::Histogram>*>;

struct FamilyState {
  std::string name;
  AnyFamily family;
  std::vector<std::string> labels;
  std::vector<double> buckets;  // of histograms
  std::size_t max_children;
  sync::Mutex mutex;
  std::map<std::vector<std::string>, void*> children ABSL_GUARDED_BY(mutex);
};

namespace {

// Never destroyed: handles stay good until the process ends.
struct Process {
  prometheus::Registry registry;
  sync::Mutex mutex;
  std::map<std::string, std::unique_ptr<FamilyState>, std::less<>> families ABSL_GUARDED_BY(mutex);
  sync::Mutex observed_mutex;
  std::map<const ObservedGauge*, std::pair<Gauge, std::function<double()>>> observed
      ABSL_GUARDED_BY(observed_mutex);
};

Process& TheProcess() {
  static auto* const process = new Process;
  return *process;
}

[[noreturn]] void Die(std::string_view name, const char* why) {
  std::fprintf(stderr, "metric %.*s: %s\n", static_cast<int>(name.size()), name.data(), why);
  std::abort();
}

template <class Metric>
prometheus::detail::Builder<Metric> Build() {
  return {};
}

template <class Metric>
FamilyState* Declare(std::string_view name, std::string_view help, std::vector<std::string> labels,
                     std::vector<double> buckets, std::size_t max_children) {
  Process& process = TheProcess();
  sync::MutexLock lock(&process.mutex);
  if (const auto known = process.families.find(name); known != process.families.end()) {
    FamilyState* state = known->second.get();
    if (!std::holds_alternative<prometheus::Family<Metric>*>(state->family)) {
      Die(name, "used for two types");
    }
    if (state->labels != labels) Die(name, "used with two sets of labels");
    return state;
  }
  if (!prometheus::CheckMetricName(std::string(name))) Die(name, "not a valid name");
  for (const std::string& label : labels) {
    if (!prometheus::CheckLabelName(label)) Die(name, "a label's name is not valid");
  }
  if (!std::ranges::is_sorted(buckets)) Die(name, "buckets do not ascend");
  auto state = std::make_unique<FamilyState>();
  state->name = name;
  state->labels = std::move(labels);
  state->buckets = std::move(buckets);
  state->max_children = max_children;
  state->family =
      &Build<Metric>().Name(std::string(name)).Help(std::string(help)).Register(process.registry);
  return process.families.emplace(std::string(name), std::move(state)).first->second.get();
}

// A label value that no scraper refuses: bytes beyond printable ASCII could be invalid UTF-8, and
// cost the whole page.
std::string CleanLabel(std::string_view value) {
  std::string clean(value);
  for (char& c : clean) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return clean;
}

template <class Metric>
void* Child(FamilyState* state, std::initializer_list<std::string_view> values) {
  if (values.size() != state->labels.size()) Die(state->name, "wrong number of label values");
  std::vector<std::string> key;
  for (const std::string_view value : values) key.push_back(CleanLabel(value));
  sync::MutexLock lock(&state->mutex);
  auto known = state->children.find(key);
  if (known == state->children.end() && state->children.size() >= state->max_children) {
    key.assign(state->labels.size(), std::string(kOther));
    known = state->children.find(key);
  }
  if (known != state->children.end()) return known->second;
  prometheus::Labels labels;
  for (std::size_t i = 0; i < key.size(); ++i) labels[state->labels[i]] = key[i];
  auto* family = std::get<prometheus::Family<Metric>*>(state->family);
  void* metric = nullptr;
  if constexpr (std::is_same_v<Metric, prometheus::Histogram>) {
    metric = &family->Add(labels, state->buckets);
  } else {
    metric = &family->Add(labels);
  }
  state->children.emplace(std::move(key), metric);
  return metric;
}

}  // namespace

void Counter::Increment(double by) const {
  if (metric_ != nullptr) static_cast<prometheus::Counter*>(metric_)->Increment(by);
}
void Gauge::Set(double value) const {
  if (metric_ != nullptr) static_cast<prometheus::Gauge*>(metric_)->Set(value);
}
void Gauge::Add(double by) const {
  if (metric_ != nullptr) static_cast<prometheus::Gauge*>(metric_)->Increment(by);
}
void Histogram::Observe(double value) const {
  if (metric_ != nullptr) static_cast<prometheus::Histogram*>(metric_)->Observe(value);
}
void Histogram::Observe(std::chrono::nanoseconds duration) const {
  Observe(std::chrono::duration<double>(duration).count());
}

CounterFamily::CounterFamily(std::string_view name, std::string_view help,
                             std::vector<std::string> labels, std::size_t max_children)
    : state_(Declare<prometheus::Counter>(name, help, std::move(labels), {}, max_children)) {}
Counter CounterFamily::With(std::initializer_list<std::string_view> values) const {
  Counter counter;
  counter.metric_ = Child<prometheus::Counter>(state_, values);
  return counter;
}

GaugeFamily::GaugeFamily(std::string_view name, std::string_view help,
                         std::vector<std::string> labels, std::size_t max_children)
    : state_(Declare<prometheus::Gauge>(name, help, std::move(labels), {}, max_children)) {}
Gauge GaugeFamily::With(std::initializer_list<std::string_view> values) const {
  Gauge gauge;
  gauge.metric_ = Child<prometheus::Gauge>(state_, values);
  return gauge;
}

HistogramFamily::HistogramFamily(std::string_view name, std::string_view help,
                                 std::vector<std::string> labels, std::vector<double> buckets,
                                 std::size_t max_children)
    : state_(Declare<prometheus::Histogram>(name, help, std::move(labels), std::move(buckets),
                                            max_children)) {}
Histogram HistogramFamily::With(std::initializer_list<std::string_view> values) const {
  Histogram histogram;
  histogram.metric_ = Child<prometheus::Histogram>(state_, values);
  return histogram;
}

ObservedGauge::ObservedGauge(Gauge gauge, std::function<double()> read) {
  Process& process = TheProcess();
  sync::MutexLock lock(&process.observed_mutex);
  process.observed.emplace(this, std::pair(gauge, std::move(read)));
}

ObservedGauge::~ObservedGauge() {
  Process& process = TheProcess();
  sync::MutexLock lock(&process.observed_mutex);
  process.observed.erase(this);
}

std::vector<prometheus::MetricFamily> CollectFamilies() {
  Process& process = TheProcess();
  {
    sync::MutexLock lock(&process.observed_mutex);
    for (const auto& [owner, observed] : process.observed) observed.first.Set(observed.second());
  }
  std::vector<prometheus::MetricFamily> families = process.registry.Collect();
  AppendProcessMetrics(&families);
  return families;
}

std::string ExposeText() {
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, CollectFamilies());
  return std::move(text).str();
}

Gauge CircuitOpen(std::string_view dependency) {
  static const GaugeFamily family("tokenforge_circuit_open",
                                  "Whether calls to a dependency are being refused: 0 or 1",
                                  {"dependency"});
  return family.With({dependency});
}

Gauge PoolQueue(std::string_view pool) {
  static const GaugeFamily family("tokenforge_pool_queue", "Work waiting for a bounded pool",
                                  {"pool"});
  return family.With({pool});
}

Histogram DependencyDuration(std::string_view dependency, std::string_view operation) {
  static const HistogramFamily family("tokenforge_dependency_duration_seconds",
                                      "How long a dependency took to answer",
                                      {"dependency", "operation"});
  return family.With({dependency, operation});
}

}  // namespace tokenforge::telemetry
