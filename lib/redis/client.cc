#include "lib/redis/client.h"

#include <utility>

namespace tokenforge::redis {

async::Task<absl::StatusOr<Reply>> Client::Call(Command&& command, clock::SteadyTime deadline) {
  return async::Await<absl::StatusOr<Reply>>(
      [this, command = std::move(command), deadline](auto resume) mutable {
        Run(std::move(command), deadline, std::move(resume));
      });
}

async::Task<absl::StatusOr<Reply>> Client::CallScript(const Script& script,
                                                      std::span<const std::string> keys,
                                                      std::span<const std::string> arguments,
                                                      clock::SteadyTime deadline) {
  return Call(Command(script, keys, arguments), deadline);
}

}  // namespace tokenforge::redis
