// Where the guard's metrics and log lines go in a process of yours. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace tokenforge {

// All metrics of the guard (contract, section 9) in Prometheus' text format 0.0.4, for your
// /metrics.
std::string MetricsText();

// Sends every log line, one JSON object without a newline, to your own log, on the thread that
// logs: `sink` must be thread-safe and must not block. `level` is "debug", "info", "warning" or
// "error". An empty function restores the default: warnings and errors on stderr.
void SetLogSink(std::function<void(std::string_view level, std::string_view line)> sink);

}  // namespace tokenforge
