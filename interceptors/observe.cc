#include "tokenforge/observe.h"

#include <utility>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge {

std::string MetricsText() { return telemetry::ExposeText(); }

void SetLogSink(std::function<void(std::string_view level, std::string_view line)> sink) {
  if (!sink) return telemetry::SetLogSink({});
  telemetry::SetLogSink([sink = std::move(sink)](telemetry::Level level, std::string_view line) {
    sink(telemetry::LevelName(level), line);
  });
}

}  // namespace tokenforge
