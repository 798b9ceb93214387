// ServeReads: a client-streaming method as a coroutine that reads the messages.
//
//   grpc::ServerReadReactor<Row>* Service::Import(grpc::CallbackServerContext* context, Tally* out)
//   {
//     auto flow = [=](rpc::ReadStream<Row>& rows) { return ImportRows(rows, out); };
//     return rpc::ServeReads<Row>(context, flow);
//   }
//
// One message at a time is read, when the flow asks for it: a client that sends faster than the
// flow works is held back by gRPC's flow control, and costs the memory of one window.
//
// Threading: the flow runs as a task does (lib/async/task.h); one Next at a time. Ownership: the
// stream owns itself until gRPC is done with it, which is after the flow has ended.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <exception>
#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/rpc/task_end.h"
#include "lib/sync/hand_over.h"

namespace tokenforge::rpc {

template <class Request>
class ReadStream {
 public:
  // The next message; false when the client has sent its last, or when the call is over before that
  // (ServerCall::Cancelled tells which).
  virtual async::Task<bool> Next(Request* message) = 0;

 protected:
  ~ReadStream() = default;
};

template <class Request>
using ReadFlow = std::function<async::Task<absl::Status>(ReadStream<Request>&)>;

namespace internal {

template <class Request>
class ReadReactor final : public grpc::ServerReadReactor<Request>, public ReadStream<Request> {
 public:
  async::Task<bool> Next(Request* message) override {
    auto start = [this, message](auto resume) {
      resume_ = std::move(resume);
      sync::HandOver(this);
      this->StartRead(message);
    };
    async::Task<bool> reading = async::Await<bool>(start);
    co_return co_await std::move(reading);
  }

  void OnReadDone(bool ok) override {
    sync::TakeOver(this);
    const std::function<void(bool)> resume = std::exchange(resume_, nullptr);
    resume(ok);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  std::function<void(bool)> resume_;  // while a message is being read
};

}  // namespace internal

// Runs the flow and finishes the call with what it returns, as rpc::Serve does. What `flow` refers
// to outlives the call.
template <class Request>
grpc::ServerReadReactor<Request>* ServeReads(grpc::CallbackServerContext* context,
                                             const ReadFlow<Request>& flow) {
  auto* const reactor = new internal::ReadReactor<Request>();
  async::Task<absl::Status> task = flow(*reactor);
  async::Spawn(std::move(task),
               [context, reactor](std::exception_ptr thrown, const absl::Status& status) {
                 const grpc::Status end = EndOfTask(*context, thrown, status);
                 sync::HandOver(reactor);
                 reactor->Finish(end);
               });
  return reactor;
}

}  // namespace tokenforge::rpc
