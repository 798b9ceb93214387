// What tokenforge-sessions is configured with. A plain struct, filled and checked before anything
// opens.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/breaker/settings.h"
#include "lib/redis/client.h"
#include "lib/redis/settings.h"
#include "lib/rpc/settings.h"
#include "services/sessions/rate_limit_flags.h"
#include "services/sessions/session_rules.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::sessions {

struct Config {
  rpc::ServerSettings server;

  redis::Settings redis;
  std::chrono::milliseconds redis_timeout{};       // --redis-timeout
  std::int64_t redis_max_outstanding = 0;          // --redis-max-outstanding
  std::int64_t redis_wait_replicas = -1;           // --redis-wait-replicas
  std::chrono::milliseconds redis_wait_timeout{};  // --redis-wait-timeout
  breaker::Settings circuit;

  std::string refresh_key_file;               // --refresh-key-file
  std::chrono::milliseconds refresh_grace{};  // --refresh-grace
  std::string reuse_policy;                   // --reuse-policy
  bool refresh_bind_client = true;            // --refresh-bind-client

  std::chrono::milliseconds session_idle_life{};      // --session-idle-life
  std::chrono::milliseconds session_absolute_life{};  // --session-absolute-life
  std::int64_t max_sessions = 50;                     // --max-sessions
  std::chrono::milliseconds access_token_life{};      // --access-token-life
  std::chrono::milliseconds leeway{};                 // --leeway
  std::chrono::milliseconds revocation_poll{};        // --revocation-poll

  RateLimitSettings rate_limits;
};

void Declare(config::Parser& parser, Config* config);

Policy PolicyOf(const Config& config);

// With the passwords read from their files. INVALID_FIELD: a file will not do.
absl::StatusOr<redis::Options> RedisOptionsOf(const Config& config);

// How many replicas must have what was acknowledged: as configured, or one where there are any.
redis::Replication ReplicationOf(const Config& config, const redis::Endpoint& endpoint);

}  // namespace tokenforge::sessions
