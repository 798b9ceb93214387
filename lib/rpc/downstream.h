// Downstream: a service of the suite that is called, behind its circuit (lib/breaker).
//
//   rpc::Downstream<users::v1::UserService> users(upstream);
//   const auto user = co_await rpc::Call(users, &Methods::GetUser, std::move(outgoing), query);
//
// Call asks the circuit before it sends anything, and tells it how the call ended. Streams do not
// go through it: a watch has a back-off of its own and is its own probe (docs/adr/0026).
//
// An Upstream is a value; it and what is made of it may be copied and used from any thread. The
// circuit lives as long as any of them.
#pragma once

#include <grpcpp/support/status.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/breaker/circuit.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"

namespace grpc {
class Channel;
}

namespace tokenforge::rpc {

struct Upstream {
  std::shared_ptr<grpc::Channel> channel;
  std::shared_ptr<breaker::Circuit> circuit;
  // Whether it can do nothing without what stands behind it: then its word that this is away
  // (DEPENDENCY_DOWN, CIRCUIT_OPEN) is a failure of its own. If not, only its silence is one.
  bool counts_passed_on = true;
};

// How a call ended, for whoever called and for the circuit.
absl::Status SettleCall(const Upstream& upstream, breaker::Permit& permit,
                        const grpc::Status& status, clock::SteadyTime deadline);

template <class Service>
class Downstream {
 public:
  explicit Downstream(Upstream upstream)
      : upstream_(std::move(upstream)), stub_(Service::NewStub(upstream_.channel)) {}

  // CIRCUIT_OPEN when a call would be refused now; for whoever would begin several steps only to
  // fail at a later one.
  absl::Status Look() const { return upstream_.circuit->Look(); }

  // What has no verdict: streams.
  typename Service::StubInterface& stub() const { return *stub_; }
  const Upstream& upstream() const { return upstream_; }

 private:
  Upstream upstream_;
  std::unique_ptr<typename Service::StubInterface> stub_;
};

}  // namespace tokenforge::rpc
