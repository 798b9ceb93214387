// Upstreams: the services behind the façade, each a channel and a circuit.
//
// Thread-safe once made; they live as long as the process.
#pragma once

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "lib/operators/readiness.h"
#include "lib/rpc/downstream.h"
#include "services/auth/config.h"

namespace tokenforge::auth {

struct Upstreams {
  rpc::Upstream users;
  rpc::Upstream keys;  // signs and publishes from memory: only its silence is a failure
  rpc::Upstream sessions;
};

// INVALID_FIELD: bad certificate files or identities. Connects to nobody yet. The clock, and the
// readiness that hears of the circuits, outlive them.
absl::StatusOr<Upstreams> ConnectUpstreams(const Config& config, const clock::Clock& clock,
                                           operators::Readiness& readiness);

}  // namespace tokenforge::auth
