#include "lib/rpc/call.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <exception>

#include "lib/rpc/task_end.h"

namespace tokenforge::rpc {

grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context,
                                async::Task<absl::Status> task) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  async::Spawn(std::move(task), [context, reactor](std::exception_ptr thrown, absl::Status status) {
    reactor->Finish(EndOfTask(*context, thrown, status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

}  // namespace tokenforge::rpc
