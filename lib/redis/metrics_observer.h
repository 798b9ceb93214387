// MetricsObserver: tells the process's metrics, log and readiness about a Redis client.
//
// tokenforge_dependency_duration_seconds{dependency="redis",operation}, one log line when the
// connection, or one to a node of a cluster, comes or goes. Thread-safe; outlives the client.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "lib/redis/client.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::redis {

class MetricsObserver final : public Observer {
 public:
  // `on_connection` is told each time the connection comes, goes, or cannot be made; for readiness.
  explicit MetricsObserver(std::function<void(bool up, std::string_view why)> on_connection);

  void OnDone(std::string_view operation, std::chrono::nanoseconds took,
              const absl::Status& status) override;
  void OnConnection(bool up, std::string_view why) override;
  void OnNode(std::string_view node, bool up, std::string_view why) override;

 private:
  telemetry::Histogram HistogramOf(std::string_view operation);

  const std::function<void(bool, std::string_view)> on_connection_;
  sync::Mutex mutex_;
  std::map<std::string, telemetry::Histogram, std::less<>> histograms_ ABSL_GUARDED_BY(mutex_);
  int told_ = -1;  // the event loop's own: what the log was told last
};

}  // namespace tokenforge::redis
