// The process's metrics in OpenMetrics 1.0, which unlike Prometheus' text format has exemplars.
//
// Why our own: prometheus-cpp writes text format 0.0.4 only. The figures are the same; names of
// counters, `le` of buckets and the end mark are as OpenMetrics wants them. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace tokenforge::telemetry {

inline constexpr std::string_view kOpenMetricsContentType =
    "application/openmetrics-text; version=1.0.0; charset=utf-8";

// Whether a scraper that sends this Accept header takes OpenMetrics, and rather than plain text.
bool WantsOpenMetrics(std::string_view accept);

std::string ExposeOpenMetrics();

}  // namespace tokenforge::telemetry
