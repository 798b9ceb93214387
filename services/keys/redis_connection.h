// The keys service's connection to Redis: opened, measured, and checked before it is trusted.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/redis/client.h"
#include "services/keys/config.h"

namespace tokenforge::rpc {
class Process;
}

namespace tokenforge::keys {

// A client of the configured server. Fails when the password file cannot be read. `observer` may be
// null.
absl::StatusOr<std::unique_ptr<redis::Client>> OpenRedis(const Config& config,
                                                         redis::Observer* observer);

// Waits until `step` succeeds, with back-off, for as long as the store is merely away. Another
// error is returned; OK also when the process is asked to stop (process.StopRequested()).
absl::Status AwaitStore(rpc::Process& process, const std::function<absl::Status()>& step);

// Whether the server may hold keys (redis::CheckServer). Blocks.
absl::Status CheckRedis(redis::Client& client, const Config& config);

// tokenforge_dependency_duration_seconds{dependency="redis",operation}.
class RedisMetrics final : public redis::Observer {
 public:
  void OnDone(std::string_view operation, std::chrono::nanoseconds took,
              const absl::Status& status) override;
  void OnConnection(bool up, std::string_view why) override;

 private:
  std::atomic<bool> told_up_ = true;  // one line each time it comes or goes
};

}  // namespace tokenforge::keys
