#include "lib/telemetry/open_metrics.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "lib/telemetry/collected.h"
#include "lib/telemetry/exemplars.h"
#include "lib/telemetry/random.h"

namespace tokenforge::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

constexpr double kWhole = 1e15;  // below it every whole number is written without an exponent

void AppendNumber(double number, std::string* to) {
  if (std::isnan(number)) {
    to->append("NaN");
  } else if (std::isinf(number)) {
    to->append(number > 0 ? "+Inf" : "-Inf");
  } else if (std::abs(number) < kWhole && number == std::floor(number)) {
    to->append(std::to_string(static_cast<std::int64_t>(number)));
  } else {
    char text[64];
    const auto [end, error] = std::to_chars(std::begin(text), std::end(text), number);
    to->append(text, error == std::errc() ? end : text);
  }
}

// The canonical form of whole numbers: "1.0".
std::string BoundOf(double bound) {
  std::string text;
  AppendNumber(bound, &text);
  if (text.find_first_not_of("0123456789-") == std::string::npos) text += ".0";
  return text;
}

void AppendEscaped(std::string_view text, std::string* to) {
  for (const char c : text) {
    if (c == '\n') {
      to->append("\\n");
    } else {
      if (c == '\\' || c == '"') to->push_back('\\');
      to->push_back(c);
    }
  }
}

// `bound` empty: without le.
void AppendLabels(const ClientMetric& metric, std::string_view bound, std::string* to) {
  if (metric.label.empty() && bound.empty()) return;
  char between = '{';
  const auto append = [&](std::string_view name, std::string_view value) {
    to->push_back(between);
    to->append(name).append("=\"");
    AppendEscaped(value, to);
    to->push_back('"');
    between = ',';
  };
  for (const ClientMetric::Label& label : metric.label) append(label.name, label.value);
  if (!bound.empty()) append("le", bound);
  to->push_back('}');
}

void AppendSample(const std::string& name, const ClientMetric& metric, double value,
                  std::string* to) {
  to->append(name);
  AppendLabels(metric, {}, to);
  to->push_back(' ');
  AppendNumber(value, to);
  to->push_back('\n');
}

void AppendExemplar(const Exemplar& exemplar, std::string* to) {
  to->append(" # {trace_id=\"");
  AppendHex(exemplar.trace_id, to);
  to->append("\",span_id=\"");
  AppendHex(exemplar.span_id, to);
  to->append("\"} ");
  AppendNumber(exemplar.value, to);
  const auto time =
      std::chrono::duration_cast<std::chrono::milliseconds>(exemplar.time.time_since_epoch());
  to->push_back(' ');
  AppendNumber(static_cast<double>(time.count()) / 1000, to);
}

void AppendHistogram(const std::string& name, const ClientMetric& metric, std::string* to) {
  Labels labels;
  for (const ClientMetric::Label& label : metric.label)
    labels.emplace_back(label.name, label.value);
  Exemplars* const known = FindExemplars(name, labels);
  const auto exemplars = known != nullptr ? known->All() : std::vector<std::optional<Exemplar>>();
  for (std::size_t i = 0; i < metric.histogram.bucket.size(); ++i) {
    const ClientMetric::Bucket& bucket = metric.histogram.bucket[i];
    to->append(name).append("_bucket");
    AppendLabels(metric, BoundOf(bucket.upper_bound), to);
    to->append(" ").append(std::to_string(bucket.cumulative_count));
    if (i < exemplars.size() && exemplars[i]) AppendExemplar(*exemplars[i], to);
    to->push_back('\n');
  }
  AppendSample(name + "_count", metric, static_cast<double>(metric.histogram.sample_count), to);
  AppendSample(name + "_sum", metric, metric.histogram.sample_sum, to);
}

// A counter's family is called without the suffix that its samples have.
void AppendFamily(const MetricFamily& family, std::string* to) {
  const bool counter = family.type == MetricType::Counter && family.name.ends_with("_total");
  const std::string name = counter ? family.name.substr(0, family.name.size() - 6) : family.name;
  const char* type = "unknown";
  if (counter) type = "counter";
  if (family.type == MetricType::Gauge) type = "gauge";
  if (family.type == MetricType::Histogram) type = "histogram";
  to->append("# TYPE ").append(name).append(" ").append(type).append("\n# HELP ").append(name);
  to->push_back(' ');
  AppendEscaped(family.help, to);
  to->push_back('\n');
  for (const ClientMetric& metric : family.metric) {
    switch (family.type) {
      case MetricType::Counter:
        AppendSample(family.name, metric, metric.counter.value, to);
        break;
      case MetricType::Gauge:
        AppendSample(family.name, metric, metric.gauge.value, to);
        break;
      case MetricType::Histogram:
        AppendHistogram(family.name, metric, to);
        break;
      default:  // nothing of ours
        break;
    }
  }
}

std::string_view Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Of one entry of Accept: "type; q=0.5; …".
double WeightOf(std::string_view entry) {
  for (std::size_t at = entry.find(';'); at != std::string_view::npos;) {
    entry.remove_prefix(at + 1);
    at = entry.find(';');
    const std::string_view parameter = Trimmed(entry.substr(0, at));
    if (!parameter.starts_with("q=")) continue;
    double weight = 0;
    const std::string_view text = parameter.substr(2);
    std::from_chars(text.data(), text.data() + text.size(), weight);
    return weight;
  }
  return 1;
}

}  // namespace

bool WantsOpenMetrics(std::string_view accept) {
  double open = 0;
  double plain = 0;
  while (!accept.empty()) {
    const std::size_t comma = std::min(accept.find(','), accept.size());
    const std::string_view entry = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    const std::string_view type = Trimmed(entry.substr(0, entry.find(';')));
    if (type == "application/openmetrics-text") open = std::max(open, WeightOf(entry));
    if (type == "text/plain") plain = std::max(plain, WeightOf(entry));
  }
  return open > 0 && open >= plain;
}

std::string ExposeOpenMetrics() {
  std::string text;
  for (const MetricFamily& family : CollectFamilies()) {
    if (!family.metric.empty()) AppendFamily(family, &text);
  }
  return text + "# EOF\n";
}

}  // namespace tokenforge::telemetry
