// Call and Serve: gRPC's callbacks as coroutines, so that a flow reads as straight-line code.
//
//   grpc::ServerUnaryReactor* NotesService::Read(grpc::CallbackServerContext* context,
//                                                const ReadRequest* request, ReadResponse*
//                                                response) {
//     return rpc::Serve(context, ReadNote(rpc::ServerCall(*context), request, response));
//   }
//
//   async::Task<absl::Status> ReadNote(rpc::ServerCall call, const ReadRequest* request,
//   ReadResponse* response) {
//     rpc::OutgoingContext outgoing(call);
//     const absl::StatusOr<GetUserResponse> user =
//         co_await rpc::Call(users_, &UserService::StubInterface::async_interface::GetUser,
//         std::move(outgoing), query);
//     if (!user.ok()) co_return user.status();
//     …
//   }
//
// A coroutine goes on, after an await, on the thread that finished the awaited call: nothing in it
// may block. Request and response of a served call live until Serve's task has ended.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "lib/rpc/outgoing.h"
#include "lib/sync/hand_over.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace tokenforge::rpc {

// One unary call, unless the circuit is open: then CIRCUIT_OPEN, at once. Other errors are those of
// FromGrpc; past the deadline DEADLINE_PASSED, without sending anything. `to` must outlive the
// call. Name what owns something before co_await (lib/async/task.h).
template <class Service, class Async, class Request, class Response>
async::Task<absl::StatusOr<Response>> Call(const Downstream<Service>& to,
                                           void (Async::*method)(grpc::ClientContext*,
                                                                 const Request*, Response*,
                                                                 std::function<void(grpc::Status)>),
                                           OutgoingContext context,
                                           std::type_identity_t<Request> request) {
  absl::StatusOr<breaker::Permit> permit = to.upstream().circuit->Admit();
  if (!permit.ok()) co_return permit.status();
  Response response;
  Async* async = to.stub().async();
  auto start = [&](auto resume) {
    auto answered = [resume, taken = &response](grpc::Status status) mutable {
      sync::TakeOver(taken);
      resume(std::move(status));
    };
    sync::HandOver(&response);
    (async->*method)(&context.client(), &request, &response, std::move(answered));
  };
  const grpc::Status status = co_await async::Await<grpc::Status>(start);
  const absl::Status ended = SettleCall(to.upstream(), *permit, status, context.deadline());
  if (!ended.ok()) co_return ended;
  co_return std::move(response);
}

// Runs the task that answers a unary call and finishes the call exactly once with what it returns
// (ToGrpc). A task that throws is INTERNAL_FAULT and a log line; nothing of the exception leaves
// the process.
grpc::ServerUnaryReactor* Serve(grpc::CallbackServerContext* context,
                                async::Task<absl::Status> task);

// Answers at once.
grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status);

}  // namespace tokenforge::rpc
