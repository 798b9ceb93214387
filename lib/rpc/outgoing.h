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
  // Takes over the deadline less a margin (a tenth of what is left, at most 50 ms: time to answer
  // our own caller), trace, request ID and cancellation of the call being served.
  explicit OutgoingContext(const ServerCall& call);
  ~OutgoingContext();
  OutgoingContext(OutgoingContext&&) noexcept;
  OutgoingContext& operator=(OutgoingContext&&) noexcept;

  // An earlier deadline than the caller's; a later one is ignored.
  OutgoingContext& AtMost(std::chrono::milliseconds from_now);
  // Sends this access token as `authorization: Bearer …`.
  OutgoingContext& WithBearer(const secret::Secret& token);

  grpc::ClientContext& client() { return *client_; }

 private:
  std::unique_ptr<grpc::ClientContext> client_;
  clock::SteadyTime deadline_;
};

}  // namespace tokenforge::rpc
