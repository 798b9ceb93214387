#include "services/sessions/await_redis.h"

#include <future>

#include "lib/errors/errors.h"
#include "lib/rpc/process.h"

namespace tokenforge::sessions {
namespace {

absl::Status CheckOnce(redis::Client& client, redis::ServerRequirements requirements,
                       std::chrono::milliseconds timeout) {
  std::promise<absl::Status> answer;
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  async::Spawn(redis::CheckServer(client, requirements, deadline),
               [&answer](std::exception_ptr fault, absl::Status status) {
                 answer.set_value(fault ? absl::InternalError("checking Redis threw") : status);
               });
  return answer.get_future().get();
}

}  // namespace

absl::Status AwaitRedis(redis::Client& client, redis::ServerRequirements requirements,
                        std::chrono::milliseconds timeout, rpc::Process& process) {
  while (!process.StopRequested()) {
    const absl::Status status = CheckOnce(client, requirements, timeout);
    if (errors::ReasonOf(status) != errors::reasons::DEPENDENCY_DOWN) return status;
    process.Sleep(std::chrono::milliseconds(50));
  }
  return absl::CancelledError("the process is to stop");
}

}  // namespace tokenforge::sessions
