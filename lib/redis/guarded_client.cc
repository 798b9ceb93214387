#include "lib/redis/guarded_client.h"

#include <memory>
#include <utility>

namespace tokenforge::redis {
namespace {

// Tells the circuit how it ended, and then the caller.
template <class Result>
std::function<void(Result)> Settling(breaker::Circuit& circuit, breaker::Permit permit,
                                     clock::SteadyTime deadline, std::function<void(Result)> done) {
  // std::function wants what can be copied; a permit can only be moved.
  auto held = std::make_shared<breaker::Permit>(std::move(permit));
  return [&circuit, held, deadline, done = std::move(done)](Result result) {
    circuit.Settle(*held, result.status(), deadline);
    done(std::move(result));
  };
}

}  // namespace

void GuardedClient::Run(Command command, clock::SteadyTime deadline, Done done) {
  absl::StatusOr<breaker::Permit> permit = circuit_.Admit();
  if (!permit.ok()) return done(permit.status());
  client_.Run(std::move(command), deadline,
              Settling(circuit_, *std::move(permit), deadline, std::move(done)));
}

void GuardedClient::RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done) {
  absl::StatusOr<breaker::Permit> permit = circuit_.Admit();
  if (!permit.ok()) return done(permit.status());
  client_.RunOnEach(std::move(command), deadline,
                    Settling(circuit_, *std::move(permit), deadline, std::move(done)));
}

}  // namespace tokenforge::redis
