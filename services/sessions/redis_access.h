// RedisAccess: the ways to Redis that this service has, and what the process tells about them: the
// conditions "redis", "circuit redis" and "circuit redis_replicated" of /readyz, metrics, log.
//
//   guarded   for whatever is done for a call: behind a circuit
//   lasting   the same, for what replicas must confirm; its own connection and circuit, because
//             replicas that are missing make it fail while all else goes well. Null: nothing must
//   bare      for the check at the start and the poll of revocations: at a bounded pace, and with
//             Redis back they must not wait for a circuit (docs/adr/0026)
//
// Made and closed by the main thread; the clients themselves are thread-safe, and are not used any
// more after Close.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "lib/breaker/circuit.h"
#include "lib/clock/clock.h"
#include "lib/operators/readiness.h"
#include "lib/redis/guarded_client.h"
#include "lib/redis/metrics_observer.h"
#include "services/sessions/config.h"

namespace tokenforge::sessions {

class RedisAccess {
 public:
  // Connects behind. INVALID_FIELD: a password file will not do. The clock and the readiness
  // outlive it.
  static absl::StatusOr<std::unique_ptr<RedisAccess>> Open(const Config& config,
                                                           const clock::Clock& clock,
                                                           operators::Readiness& readiness);

  redis::Client& bare() { return *client_; }
  redis::Client* guarded() { return &guarded_; }
  redis::Client* lasting() { return guarded_lasting_.get(); }

  // Every command that waits gets DEPENDENCY_DOWN.
  void Close();

 private:
  RedisAccess(redis::Options options, redis::Options lasting,
              const breaker::CircuitOptions& circuit, const clock::Clock& clock,
              operators::Readiness& readiness);

  breaker::Circuit circuit_;
  redis::MetricsObserver observer_;
  redis::MetricsObserver lasting_observer_;
  std::unique_ptr<breaker::Circuit> lasting_circuit_;
  std::unique_ptr<redis::Client> client_;
  std::unique_ptr<redis::Client> lasting_client_;
  redis::GuardedClient guarded_;
  std::unique_ptr<redis::GuardedClient> guarded_lasting_;
};

}  // namespace tokenforge::sessions
