// tokenforge-keys: keeps the signing keys, and signs. Wires; decides nothing.
#include <grpcpp/server_builder.h>

#include "lib/clock/agreed_clock.h"
#include "lib/config/config.h"
#include "lib/redis/guarded_client.h"
#include "lib/redis/persistence_watch.h"
#include "lib/redis/store_clock.h"
#include "lib/redis/subscription.h"
#include "lib/rpc/process.h"
#include "lib/workers/pool.h"
#include "services/keys/config.h"
#include "services/keys/guard_report_store_redis.h"
#include "services/keys/key_scheduler.h"
#include "services/keys/key_store_redis.h"
#include "services/keys/keys_service.h"
#include "services/keys/redis_connection.h"
#include "tokenforge/guard.h"

namespace tokenforge::keys {
namespace {

constexpr std::chrono::seconds kStopGrace{5};

KeyKeeper::Options KeeperOptionsOf(const Config& config) {
  return {.algorithm = jose::AlgorithmOf(config.algorithm).value()};
}

// Ticks the scheduler whenever another replica may have stored a set.
absl::StatusOr<std::unique_ptr<redis::Subscription>> FollowNews(const Config& config,
                                                                KeyScheduler& scheduler) {
  auto options = redis::OptionsOf(config.redis);
  if (!options.ok()) return options.status();
  return redis::Subscribe(*std::move(options), KeyStoreRedis::kNews,
                          {.on_subscribed = [&scheduler] { scheduler.Wake(); },
                           .on_message = [&scheduler](std::string_view) { scheduler.Wake(); }});
}

TokenPolicy PolicyOf(const Config& config) {
  return {config.issuer, std::chrono::duration_cast<std::chrono::seconds>(config.access_ttl)};
}

breaker::CircuitOptions CircuitOf(const Config& config) {
  breaker::CircuitOptions options = breaker::OptionsOf(config.circuit);
  options.patience = redis::kPatience;
  return options;
}

absl::Status Wire(const Config& config, rpc::Process& process) {
  const clock::SystemClock machine;
  clock::AgreedClock clock(&machine);
  const auto encryption = KeyEncryption::FromFile(config.kek_file);
  if (!encryption.ok()) return encryption.status();
  RedisMetrics metrics;
  breaker::Circuit circuit("redis", CircuitOf(config), clock,
                           process.readiness().NotingCircuit("redis"));
  auto redis = OpenRedis(config, &metrics);
  if (!redis.ok()) return redis.status();
  redis::StoreClock store_clock(**redis, clock);
  redis::GuardedClient guarded(**redis, circuit);
  KeyStoreRedis store(&guarded);
  KeyKeeper keeper(store, *encryption, clock, KeeperOptionsOf(config));
  GuardReportStoreRedis reports(&guarded);
  KeyCycle cycle(keeper, reports, clock, RotationOf(config));
  KeyScheduler scheduler(cycle, &keeper.maker(), config.keys_poll);
  JwksFeed feed;
  workers::Pool pool({.name = "keys", .threads = 1, .queue = 16});
  process.OnDrain([&] { feed.Drain(); });
  process.OnClose("changes of keys", [&] { pool.Stop(kStopGrace); });
  process.OnClose("the key scheduler", [&] { scheduler.Stop(); });
  process.OnClose("the key feed", [&] { feed.Stop(); });
  redis::PersistenceWatch persistence(**redis);
  process.OnClose("the look at Redis' persistence", [&] { persistence.Stop(); });
  process.OnClose("the store's clock", [&] { store_clock.Stop(); });
  process.OnClose("redis", [&] { redis->reset(); });
  for (const auto& step :
       {std::function<absl::Status()>([&] { return CheckRedis(**redis, config); }),
        // Before the first set is made, or judged.
        std::function<absl::Status()>([&] {
          store_clock.Start();
          return absl::OkStatus();
        }),
        std::function<absl::Status()>([&] { return keeper.Refresh(); })}) {
    if (absl::Status status = AwaitStore(process, step); !status.ok()) return status;
  }
  if (process.StopRequested()) return absl::OkStatus();
  keeper.OnNewSet([&] { feed.Tell(); });
  scheduler.Start();
  feed.Start();
  absl::StatusOr<std::unique_ptr<redis::Subscription>> news = FollowNews(config, scheduler);
  if (!news.ok()) return news.status();

  KeysService service(
      {&keeper, &cycle, &feed, &reports, &pool, &clock, [&scheduler] { scheduler.Wake(); }},
      PolicyOf(config));
  GuardOptions options;
  options.tls = {config.server.tls.cert_file, config.server.tls.key_file,
                 config.server.tls.ca_file};
  options.policy_file = config.server.policy_file;
  Guard guard(std::move(options));
  guard.Protect<v1::KeyService>(&service);
  return process.Serve([&](grpc::ServerBuilder& builder) { return guard.Start(builder); },
                       {v1::KeyService::service_full_name()});
}

}  // namespace
}  // namespace tokenforge::keys

int main(int argc, char** argv) {
  tokenforge::rpc::Process process("tokenforge-keys");
  tokenforge::config::Parser parser("tokenforge-keys",
                                    "Keeps the signing keys, and signs access tokens.");
  tokenforge::keys::Config config;
  tokenforge::keys::Declare(parser, &config);
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  return process.Run(config.server, [&] { return tokenforge::keys::Wire(config, process); });
}
