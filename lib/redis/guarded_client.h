// GuardedClient: a Client behind a circuit (lib/breaker): what a service's stores are given.
//
// While the circuit is open a command ends with CIRCUIT_OPEN inside the call, and nothing is sent.
// One circuit for all nodes of a cluster: a node that is missing fails its slots only, and does not
// shut the others out unless more than half of all commands fail.
//
// Threading as Client's. The client and the circuit outlive it; the circuit outlives the client.
#pragma once

#include "lib/breaker/circuit.h"
#include "lib/redis/client.h"

namespace tokenforge::redis {

// A Redis that takes longer than this is not there, whatever time the caller has.
inline constexpr std::chrono::milliseconds kPatience{250};

class GuardedClient final : public Client {
 public:
  GuardedClient(Client& client, breaker::Circuit& circuit) : client_(client), circuit_(circuit) {}

  void Run(Command command, clock::SteadyTime deadline, Done done) override;
  void RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done) override;
  bool Connected() const override { return client_.Connected(); }
  uint64_t Losses() const override { return client_.Losses(); }

 private:
  Client& client_;
  breaker::Circuit& circuit_;
};

}  // namespace tokenforge::redis
