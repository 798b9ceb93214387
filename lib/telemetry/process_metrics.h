// What Prometheus' conventions ask of every process: memory, CPU time, open files, start time. For
// metrics.cc only.
#pragma once

#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace tokenforge::telemetry {

// Reads /proc; what cannot be read is left out. Thread-safe.
void AppendProcessMetrics(std::vector<prometheus::MetricFamily>* families);

}  // namespace tokenforge::telemetry
