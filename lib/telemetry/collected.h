// What the registry holds now, for whatever writes it down. Of lib/telemetry only.
#pragma once

#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace tokenforge::telemetry {

// Asks the observed gauges first. Thread-safe.
std::vector<prometheus::MetricFamily> CollectFamilies();

}  // namespace tokenforge::telemetry
