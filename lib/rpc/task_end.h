// What a served call ends with, when it is answered by a task.
//
// Pure but for a log line; thread-safe.
#pragma once

#include <grpcpp/support/status.h>

#include <exception>

#include "absl/status/status.h"

namespace grpc {
class CallbackServerContext;
}

namespace tokenforge::rpc {

// ToGrpc of what the task returned; INTERNAL_FAULT, and a log line, when it threw instead. Nothing
// of the exception leaves the process.
grpc::Status EndOfTask(const grpc::CallbackServerContext& context, const std::exception_ptr& thrown,
                       const absl::Status& returned);

}  // namespace tokenforge::rpc
