// Exemplars: for each bucket of a histogram, the last recorded call that fell into it, so that a
// slow bucket on a dashboard leads to a trace. Only traces that are exported are noted: another's
// ID would lead nowhere.
//
// Exposed in OpenMetrics only (open_metrics.h). Thread-safe; Note never waits: while one is written
// or read, another that comes is left out. Those of the process live as long as it.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

struct Exemplar {
  TraceId trace_id{};
  SpanId span_id{};
  double value = 0;
  std::chrono::system_clock::time_point time;
};

class Exemplars {
 public:
  // `bounds`: upper bounds of the buckets, ascending, without the infinite one.
  explicit Exemplars(std::vector<double> bounds);

  void Note(double value, const TraceContext& context);
  // One for each bucket, the infinite one last; nothing where no recorded call fell into it.
  std::vector<std::optional<Exemplar>> All();

 private:
  const std::vector<double> bounds_;
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::vector<std::optional<Exemplar>> last_;  // by bucket; whoever set busy_ may touch it
};

using Labels = std::vector<std::pair<std::string, std::string>>;  // by name, ascending

// Those of one child of a histogram's family, made when first asked for.
Exemplars* ExemplarsOf(std::string_view family, const Labels& labels,
                       const std::vector<double>& bounds);
// The same; null when nobody has asked for them yet.
Exemplars* FindExemplars(std::string_view family, const Labels& labels);

}  // namespace tokenforge::telemetry
