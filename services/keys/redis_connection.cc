#include "services/keys/redis_connection.h"

#include <algorithm>
#include <future>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/process.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::keys {
namespace {

using std::chrono::milliseconds;
using telemetry::Level;

constexpr milliseconds kCheckTimeout{2000};
constexpr milliseconds kMaxPause{2000};

bool IsAway(const absl::Status& status) {
  const auto reason = errors::ReasonOf(status);
  return reason == errors::reasons::DEPENDENCY_DOWN || reason == errors::reasons::CIRCUIT_OPEN ||
         reason == errors::reasons::OVERLOADED;
}

}  // namespace

absl::StatusOr<std::unique_ptr<redis::Client>> OpenRedis(const Config& config,
                                                         redis::Observer* observer) {
  absl::StatusOr<redis::Options> options = redis::OptionsOf(config.redis);
  if (!options.ok()) return options.status();
  return redis::Open(*std::move(options), observer);
}

absl::Status AwaitStore(rpc::Process& process, const std::function<absl::Status()>& step) {
  milliseconds pause{100};
  bool told = false;
  while (!process.StopRequested()) {
    const absl::Status status = step();
    if (status.ok() || !IsAway(status)) return status;
    if (!std::exchange(told, true)) {
      telemetry::Log(Level::kWarning, "waiting for the key store",
                     {{"detail", std::string(status.message())}});
    }
    process.Sleep(pause);
    pause = std::min(pause * 2, kMaxPause);
  }
  return absl::OkStatus();
}

absl::Status CheckRedis(redis::Client& client, const Config& config) {
  std::promise<absl::Status> checked;
  const redis::ServerRequirements requirements{.allow_eviction = config.redis.allow_eviction};
  async::Spawn(
      redis::CheckServer(client, requirements, std::chrono::steady_clock::now() + kCheckTimeout),
      [&checked](std::exception_ptr thrown, absl::Status status) {
        checked.set_value(thrown ? absl::InternalError("checking Redis threw") : status);
      });
  return checked.get_future().get();
}

void RedisMetrics::OnDone(std::string_view operation, std::chrono::nanoseconds took,
                          const absl::Status&) {
  telemetry::DependencyDuration("redis", operation).Observe(took);
}

void RedisMetrics::OnConnection(bool up, std::string_view why) {
  if (told_up_.exchange(up) == up) return;
  if (up) {
    telemetry::Log(Level::kInfo, "connected to Redis");
  } else {
    telemetry::Log(Level::kWarning, "Redis is away", {{"detail", why}});
  }
}

}  // namespace tokenforge::keys
