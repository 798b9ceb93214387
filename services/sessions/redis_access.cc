#include "services/sessions/redis_access.h"

#include <string_view>
#include <utility>

namespace tokenforge::sessions {

absl::StatusOr<std::unique_ptr<RedisAccess>> RedisAccess::Open(const Config& config,
                                                               const clock::Clock& clock,
                                                               operators::Readiness& readiness) {
  absl::StatusOr<redis::Options> options = RedisOptionsOf(config);
  if (!options.ok()) return options.status();
  absl::StatusOr<redis::Options> lasting = RedisOptionsOf(config);
  if (!lasting.ok()) return lasting.status();
  lasting->replication = ReplicationOf(config, lasting->endpoint);
  breaker::CircuitOptions circuit = breaker::OptionsOf(config.circuit);
  circuit.patience = redis::kPatience;
  return std::unique_ptr<RedisAccess>(
      new RedisAccess(*std::move(options), *std::move(lasting), circuit, clock, readiness));
}

RedisAccess::RedisAccess(redis::Options options, redis::Options lasting,
                         const breaker::CircuitOptions& circuit, const clock::Clock& clock,
                         operators::Readiness& readiness)
    : circuit_("redis", circuit, clock, readiness.NotingCircuit("redis")),
      observer_([&readiness](bool up, std::string_view why) { readiness.Set("redis", up, why); }),
      lasting_observer_([](bool, std::string_view) {}),
      client_(redis::Open(std::move(options), &observer_)),
      guarded_(*client_, circuit_) {
  if (lasting.replication.replicas == 0) return;
  constexpr const char* kName = "redis_replicated";
  lasting_circuit_ =
      std::make_unique<breaker::Circuit>(kName, circuit, clock, readiness.NotingCircuit(kName));
  lasting_client_ = redis::Open(std::move(lasting), &lasting_observer_);
  guarded_lasting_ = std::make_unique<redis::GuardedClient>(*lasting_client_, *lasting_circuit_);
}

void RedisAccess::Close() {
  client_.reset();
  lasting_client_.reset();
}

}  // namespace tokenforge::sessions
