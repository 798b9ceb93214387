// Answers of streaming methods that are declared and not built yet: UNIMPLEMENTED NOT_BUILT, at
// once.
//
// The reactors own themselves and go when gRPC is done with them.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"

namespace tokenforge::rpc {

namespace internal {
template <class Reactor>
class RefusingReactor final : public Reactor {
 public:
  explicit RefusingReactor(const absl::Status& status) {
    sync::HandOver(this);
    this->Finish(ToGrpc(status));
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }
};
inline absl::Status NotBuiltStatus() {
  return errors::Make(errors::reasons::NOT_BUILT, "this method is not built in this version");
}
}  // namespace internal

template <class Response>
grpc::ServerWriteReactor<Response>* NotBuiltWrites() {
  return new internal::RefusingReactor<grpc::ServerWriteReactor<Response>>(
      internal::NotBuiltStatus());
}
template <class Request>
grpc::ServerReadReactor<Request>* NotBuiltReads() {
  return new internal::RefusingReactor<grpc::ServerReadReactor<Request>>(
      internal::NotBuiltStatus());
}
template <class Request, class Response>
grpc::ServerBidiReactor<Request, Response>* NotBuiltBidi() {
  return new internal::RefusingReactor<grpc::ServerBidiReactor<Request, Response>>(
      internal::NotBuiltStatus());
}

}  // namespace tokenforge::rpc
