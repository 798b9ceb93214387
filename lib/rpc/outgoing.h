// OutgoingContext: the one way to make a grpc::ClientContext, so that no call leaves without a
// deadline or a trace.
//
// Movable, used for one call by one thread, then given to rpc::Call.
#pragma once

#include <chrono>
#include <memory>

#include "lib/clock/clock.h"
#include "lib/rpc/server_call.h"
#include "lib/secret/secret.h"

namespace tokenforge::rpc {

class OutgoingContext {
 public:
  // Takes over the deadline (which is earlier than our own caller's by the time that it takes to
  // answer: see DeadlineOf), trace, request ID and cancellation of the call being served.
  explicit OutgoingContext(const ServerCall& call);
  ~OutgoingContext();
  OutgoingContext(OutgoingContext&&) noexcept;
  OutgoingContext& operator=(OutgoingContext&&) noexcept;

  // An earlier deadline than the caller's; a later one is ignored.
  OutgoingContext& AtMost(std::chrono::milliseconds from_now);
  // Sends this access token as `authorization: Bearer …`.
  OutgoingContext& WithBearer(const secret::Secret& token);

  grpc::ClientContext& client() { return *client_; }
  clock::SteadyTime deadline() const { return deadline_; }

 private:
  std::unique_ptr<grpc::ClientContext> client_;
  clock::SteadyTime deadline_;
};

}  // namespace tokenforge::rpc
