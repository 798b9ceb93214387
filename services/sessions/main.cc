// tokenforge-sessions: sessions, refresh tokens and revocations. Wires; decides nothing.
#include <grpcpp/server_builder.h>

#include "lib/clock/agreed_clock.h"
#include "lib/config/config.h"
#include "lib/redis/persistence_watch.h"
#include "lib/redis/store_clock.h"
#include "lib/rpc/process.h"
#include "lib/telemetry/metrics.h"
#include "services/sessions/await_redis.h"
#include "services/sessions/config.h"
#include "services/sessions/rate_limit_store_redis.h"
#include "services/sessions/redis_access.h"
#include "services/sessions/refresh_keys.h"
#include "services/sessions/revocation_poller.h"
#include "services/sessions/session_service.h"
#include "services/sessions/session_store_redis.h"
#include "tokenforge/guard.h"

namespace tokenforge::sessions {
namespace {

absl::Status Wire(const Config& config, rpc::Process& process) {
  const clock::SystemClock machine;
  clock::AgreedClock clock(&machine);
  const Policy policy = PolicyOf(config);
  absl::StatusOr<std::vector<secret::Secret>> keys = ReadRefreshKeys(config.refresh_key_file);
  if (!keys.ok()) return keys.status();
  const RefreshTokens tokens(*std::move(keys));

  operators::Readiness& ready = process.readiness();
  ready.Expect("redis");
  ready.Expect("revocations");
  auto redis = RedisAccess::Open(config, clock, ready);
  if (!redis.ok()) return redis.status();
  RedisAccess& access = **redis;
  const absl::Status usable =
      AwaitRedis(access.bare(), {.allow_eviction = config.redis.allow_eviction},
                 config.redis_timeout, process);
  if (absl::IsCancelled(usable)) return absl::OkStatus();
  if (!usable.ok()) return usable;

  redis::StoreClock store_clock(access.bare(), clock);
  store_clock.Start();

  SessionStoreRedis store(access.guarded(), policy, access.lasting());
  SessionStoreRedis log(&access.bare(), policy);
  RevocationFeed feed;
  const telemetry::ObservedGauge live(
      telemetry::GaugeFamily("tokenforge_revocations_live", "Revocations that still matter").With(),
      [&feed] { return static_cast<double>(feed.live()); });
  RevocationPoller poller(
      &log, &feed, &clock, {.interval = config.revocation_poll, .timeout = config.redis_timeout},
      [&ready](const absl::Status& outcome) {
        ready.Set("revocations", outcome.ok(), outcome.ok() ? "" : "the log cannot be read");
      });
  poller.Start();
  process.OnDrain([&feed] { feed.Drain(); });
  process.OnClose("the revocation poller", [&poller] { poller.Stop(); });
  redis::PersistenceWatch persistence(access.bare());
  process.OnClose("the look at Redis' persistence", [&persistence] { persistence.Stop(); });
  process.OnClose("the store's clock", [&store_clock] { store_clock.Stop(); });
  process.OnClose("redis", [&access] { access.Close(); });

  Sessions sessions({&store, &feed, &tokens, &clock, &machine},
                    {policy, config.redis_timeout, config.refresh_bind_client});
  RateLimitStoreRedis limit_store(access.guarded());
  RateLimiter limiter(&limit_store, &machine,
                      {RateLimitsOf(config.rate_limits), config.redis_timeout});
  SessionService service(&sessions, &feed, &limiter);
  GuardOptions guard_options;
  const rpc::TlsFiles& tls = config.server.tls;
  guard_options.tls = {tls.cert_file, tls.key_file, tls.ca_file};
  guard_options.policy_file = config.server.policy_file;
  Guard guard(guard_options);
  guard.Protect<v1::SessionService>(&service);
  return process.Serve([&guard](grpc::ServerBuilder& builder) { return guard.Start(builder); },
                       {v1::SessionService::service_full_name()});
}

}  // namespace
}  // namespace tokenforge::sessions

int main(int argc, char** argv) {
  tokenforge::rpc::Process process("tokenforge-sessions");
  tokenforge::config::Parser parser("tokenforge-sessions",
                                    "Keeps sessions, refresh tokens and revocations.");
  tokenforge::sessions::Config config;
  tokenforge::sessions::Declare(parser, &config);
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  return process.Run(config.server, [&] { return tokenforge::sessions::Wire(config, process); });
}
