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

async::Task<absl::StatusOr<std::vector<Reply>>> Client::CallOnEach(Command&& command,
                                                                   clock::SteadyTime deadline) {
  return async::Await<absl::StatusOr<std::vector<Reply>>>(
      [this, command = std::move(command), deadline](auto resume) mutable {
        RunOnEach(std::move(command), deadline, std::move(resume));
      });
}

void Client::RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done) {
  Run(std::move(command), deadline, [done = std::move(done)](absl::StatusOr<Reply> reply) {
    if (!reply.ok()) return done(reply.status());
    std::vector<Reply> only;
    only.push_back(*std::move(reply));
    done(std::move(only));
  });
}

}  // namespace tokenforge::redis
