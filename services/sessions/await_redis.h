// Waiting for a Redis that can be trusted, at start.
#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "lib/redis/client.h"

namespace tokenforge::rpc {
class Process;
}

namespace tokenforge::sessions {

// Returns when the server answers and is what is required; asks again while it does not answer.
// FAILED_PRECONDITION: it answers, and an operator must change it. CANCELLED: the process is to
// stop. Blocks; for the main thread before serving.
absl::Status AwaitRedis(redis::Client& client, redis::ServerRequirements requirements,
                        std::chrono::milliseconds timeout, rpc::Process& process);

}  // namespace tokenforge::sessions
