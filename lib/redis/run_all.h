// RunAll and CallAll: many commands at once, for callers that need every answer to be good.
//
// Why: a write to, or a read of, many buckets is one round trip when commands are sent without
// waiting for each other, also when they go to many servers. It is not atomic: each command is its
// own step, in no order that matters.
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/redis/client.h"

namespace tokenforge::redis {

// The answers in the order of the commands, when every one was answered without an error; otherwise
// one of the errors, and each command may have run or not. Goes on only when all have ended, so
// shortly after the deadline at the latest. The client outlives the task.
async::Task<absl::StatusOr<std::vector<Reply>>> CallAll(Client& client,
                                                        std::vector<Command> commands,
                                                        clock::SteadyTime deadline);

// The same for commands whose answers tell nothing.
async::Task<absl::Status> RunAll(Client& client, std::vector<Command> commands,
                                 clock::SteadyTime deadline);

}  // namespace tokenforge::redis
