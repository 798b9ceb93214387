#include "services/sessions/config.h"

#include <utility>
#include <variant>
#include <vector>

#include "lib/config/config.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Beyond it the connection would be taken for a dead one (redis::Options::stall_timeout).
constexpr seconds kLongestWait{2};

std::vector<std::string> Mistakes(const Config& config) {
  std::vector<std::string> mistakes = FaultsOf(PolicyOf(config));
  for (std::string& mistake : redis::MistakesIn(config.redis)) {
    mistakes.push_back(std::move(mistake));
  }
  return mistakes;
}

void DeclareRedis(config::Parser& parser, Config* config) {
  parser.Group("Redis");
  redis::Declare(parser, &config->redis);
  parser.Duration("redis-timeout", &config->redis_timeout, seconds(2),
                  "How long to wait for Redis in one step", milliseconds(10), seconds(30));
  parser.Integer("redis-max-outstanding", &config->redis_max_outstanding, 8192,
                 "Commands that may wait for Redis; more are refused as OVERLOADED", 1, 1 << 20);
  parser.Integer(
      "redis-wait-replicas", &config->redis_wait_replicas, -1,
      "Replicas that must have a new session, or the end of one, before it is acknowledged; "
      "-1: one with Sentinel or a Cluster, else none",
      -1, 8);
  parser.Duration("redis-wait-timeout", &config->redis_wait_timeout, milliseconds(500),
                  "How long replicas may take to confirm; then the answer is UNAVAILABLE",
                  milliseconds(1), kLongestWait);
}

void DeclareTokens(config::Parser& parser, Config* config) {
  parser.Group("Refresh tokens");
  parser
      .FileThatExists("refresh-key-file", &config->refresh_key_file, "",
                      "Keys of refresh tokens, a line `NAME BASE64` each; the first signs")
      .Required();
  parser.Duration("refresh-grace", &config->refresh_grace, seconds(30),
                  "How long a superseded token gets the same successor again; 0 is strict");
  parser.Choice(
      "reuse-policy", &config->reuse_policy, {"user", "session"}, "user",
      "What ends when a token is used after its grace: the user's sessions or the session");
  parser.Bool("refresh-bind-client", &config->refresh_bind_client, true,
              "Only the client that started a session may refresh it");
}

void DeclareSessions(config::Parser& parser, Config* config) {
  parser.Group("Sessions and revocations");
  parser.Duration("session-idle-life", &config->session_idle_life, days(7),
                  "A session ends when it is not refreshed for so long");
  parser.Duration("session-absolute-life", &config->session_absolute_life, days(30),
                  "A session ends so long after the login, refreshed or not");
  parser.Integer("max-sessions", &config->max_sessions, 50,
                 "Sessions of one user; starting one more ends the oldest", 1, 50);
  parser.Duration("access-token-life", &config->access_token_life, minutes(15),
                  "The longest life of an access token: revocations are remembered that long");
  parser.Duration("leeway", &config->leeway, seconds(30),
                  "How long after its expiry a verifier may still take an access token");
  parser.Duration("revocation-poll", &config->revocation_poll, milliseconds(100),
                  "How often to look for revocations made by other replicas", milliseconds(10),
                  seconds(5));
}

}  // namespace

void Declare(config::Parser& parser, Config* config) {
  rpc::Declare(parser, &config->server, "127.0.0.1:7446", "127.0.0.1:9446");
  DeclareRedis(parser, config);
  breaker::Declare(parser, &config->circuit);
  DeclareTokens(parser, config);
  DeclareSessions(parser, config);
  Declare(parser, &config->rate_limits);
  parser.Check([config] { return Mistakes(*config); });
}

Policy PolicyOf(const Config& config) {
  Policy policy;
  policy.grace = config.refresh_grace;
  policy.idle_life = config.session_idle_life;
  policy.absolute_life = config.session_absolute_life;
  policy.access_life = config.access_token_life;
  policy.leeway = config.leeway;
  policy.max_sessions = static_cast<int>(config.max_sessions);
  policy.reuse = config.reuse_policy == "session" ? ReusePolicy::kSession : ReusePolicy::kUser;
  policy.refresh_limit = *RateLimitsOf(config.rate_limits).Find(kRefreshSession);
  return policy;
}

absl::StatusOr<redis::Options> RedisOptionsOf(const Config& config) {
  absl::StatusOr<redis::Options> options = redis::OptionsOf(config.redis);
  if (!options.ok()) return options.status();
  options->max_outstanding = static_cast<size_t>(config.redis_max_outstanding);
  return options;
}

redis::Replication ReplicationOf(const Config& config, const redis::Endpoint& endpoint) {
  const bool replicated = !std::holds_alternative<redis::SingleEndpoint>(endpoint);
  const std::int64_t wanted = config.redis_wait_replicas;
  return {wanted < 0 ? int{replicated} : static_cast<int>(wanted), config.redis_wait_timeout};
}

}  // namespace tokenforge::sessions
