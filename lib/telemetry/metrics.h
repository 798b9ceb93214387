// The process's metrics: counters, gauges and histograms in one registry, exposed in Prometheus'
// text format.
//
// A family is named once, at start-up; With() finds one child of it by its label values and takes a
// lock, so do it once and keep the handle. Updating through a handle costs some tens of nanoseconds
// and never allocates. Handles and families are small values that stay good until the process ends
// (families and children are never removed).
//
// Label values must not come from a caller unbounded: beyond a family's cap of children every
// further combination is counted in one child whose label values are all `_OTHER`.
//
// Thread-safe. A name that is not a valid Prometheus name, or is used for two types, is a fault of
// ours: the process ends with a message.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::telemetry {

// Seconds; what OpenTelemetry recommends for calls (contract, section 9).
inline constexpr double kDurationBuckets[] = {.005, .01, .025, .05, .075, .1,  .25,
                                              .5,   .75, 1,    2.5, 5,    7.5, 10};

inline constexpr std::string_view kOther = "_OTHER";
inline constexpr std::size_t kDefaultChildren = 256;

class Counter {
 public:
  Counter() = default;  // counts nothing
  void Increment(double by = 1) const;

 private:
  friend class CounterFamily;
  void* metric_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  void Set(double value) const;
  void Add(double by) const;

 private:
  friend class GaugeFamily;
  void* metric_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  void Observe(double value) const;
  void Observe(std::chrono::nanoseconds duration) const;  // in seconds

 private:
  friend class HistogramFamily;
  void* metric_ = nullptr;
};

struct FamilyState;  // the registry's

// Asking twice for the same name gives the same family. `labels` are names; With() takes values in
// the same order, and as many.
class CounterFamily {
 public:
  CounterFamily(std::string_view name, std::string_view help, std::vector<std::string> labels = {},
                std::size_t max_children = kDefaultChildren);
  Counter With(std::initializer_list<std::string_view> values = {}) const;

 private:
  FamilyState* state_;
};

class GaugeFamily {
 public:
  GaugeFamily(std::string_view name, std::string_view help, std::vector<std::string> labels = {},
              std::size_t max_children = kDefaultChildren);
  Gauge With(std::initializer_list<std::string_view> values = {}) const;

 private:
  FamilyState* state_;
};

class HistogramFamily {
 public:
  HistogramFamily(std::string_view name, std::string_view help,
                  std::vector<std::string> labels = {},
                  std::vector<double> buckets = {std::begin(kDurationBuckets),
                                                 std::end(kDurationBuckets)},
                  std::size_t max_children = kDefaultChildren);
  Histogram With(std::initializer_list<std::string_view> values = {}) const;

 private:
  FamilyState* state_;
};

// A gauge that is asked when metrics are read (ages, queue lengths), for as long as this object
// lives. `read` is called on the reader's thread under a lock: it must be quick and must not touch
// metrics. The destructor waits for a running read.
class ObservedGauge {
 public:
  ObservedGauge(Gauge gauge, std::function<double()> read);
  ~ObservedGauge();
  ObservedGauge(const ObservedGauge&) = delete;
  ObservedGauge& operator=(const ObservedGauge&) = delete;
};

// Everything, in Prometheus' text format 0.0.4.
std::string ExposeText();
inline constexpr std::string_view kExposeContentType = "text/plain; version=0.0.4; charset=utf-8";

// Names shared by every process that has dependencies and pools (contract, section 9).
Gauge CircuitOpen(std::string_view dependency);  // tokenforge_circuit_open: 0 or 1
Gauge PoolQueue(std::string_view pool);          // tokenforge_pool_queue: work waiting
Histogram DependencyDuration(std::string_view dependency, std::string_view operation);

}  // namespace tokenforge::telemetry
