#include "lib/redis/metrics_observer.h"

#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::redis {

MetricsObserver::MetricsObserver(std::function<void(bool, std::string_view)> on_connection)
    : on_connection_(std::move(on_connection)) {}

void MetricsObserver::OnDone(std::string_view operation, std::chrono::nanoseconds took,
                             const absl::Status&) {
  HistogramOf(operation).Observe(took);
}

void MetricsObserver::OnConnection(bool up, std::string_view why) {
  on_connection_(up, why);
  if (told_ == static_cast<int>(up)) return;  // not a line for each attempt
  told_ = static_cast<int>(up);
  if (up) {
    telemetry::Log(telemetry::Level::kInfo, "redis connected");
  } else {
    telemetry::Log(telemetry::Level::kWarning, "redis is not connected", {{"why", why}});
  }
}

void MetricsObserver::OnNode(std::string_view node, bool up, std::string_view why) {
  if (up) {
    telemetry::Log(telemetry::Level::kInfo, "redis node connected", {{"node", node}});
  } else {
    telemetry::Log(telemetry::Level::kWarning, "redis node is not connected",
                   {{"node", node}, {"why", why}});
  }
}

telemetry::Histogram MetricsObserver::HistogramOf(std::string_view operation) {
  const sync::MutexLock lock(&mutex_);
  const auto found = histograms_.find(operation);
  if (found != histograms_.end()) return found->second;
  // Operations are names of commands and scripts, constants of ours: few.
  return histograms_
      .emplace(std::string(operation), telemetry::DependencyDuration("redis", operation))
      .first->second;
}

}  // namespace tokenforge::redis
