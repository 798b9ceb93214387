#include "lib/rpc/task_end.h"

#include <grpcpp/server_context.h>

#include <string>
#include <typeinfo>

#include "lib/errors/errors.h"
#include "lib/rpc/server_call.h"
#include "lib/rpc/status.h"
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

grpc::Status EndOfTask(const grpc::CallbackServerContext& context, const std::exception_ptr& thrown,
                       const absl::Status& returned) {
  if (!thrown) return ToGrpc(returned);
  telemetry::Log(telemetry::Level::kError, "a handler threw", TraceOf(context),
                 {{"exception", TypeOf(thrown)}});
  return ToGrpc(errors::Make(errors::reasons::INTERNAL_FAULT,
                             "an internal fault; the log line of this request says more"));
}

}  // namespace tokenforge::rpc
