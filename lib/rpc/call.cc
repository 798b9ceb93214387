#include "lib/rpc/call.h"

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <exception>
#include <string>
#include <typeinfo>

#include "lib/errors/errors.h"
#include "lib/rpc/server_call.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc {
namespace {

// The type only: what() of a library's exception may hold values that were bound to a statement.
std::string TypeOf(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& exception) {
    return typeid(exception).name();
  } catch (...) {
    return "not a std::exception";
  }
}

}  // namespace

grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context,
                                async::Task<absl::Status> task) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  async::Spawn(std::move(task), [context, reactor](std::exception_ptr thrown, absl::Status status) {
    if (thrown) {
      telemetry::Log(telemetry::Level::kError, "a handler threw", TraceOf(*context),
                     {{"exception", TypeOf(thrown)}});
      status = errors::Make(errors::reasons::INTERNAL_FAULT,
                            "an internal fault; the log line of this request says more");
    }
    reactor->Finish(ToGrpc(status));
  });
  return reactor;
}

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

grpc::ServerUnaryReactor* NotBuilt(grpc::CallbackServerContext* context) {
  return Answer(context, errors::Make(errors::reasons::NOT_BUILT,
                                      "this method is not built in this version"));
}

}  // namespace tokenforge::rpc
