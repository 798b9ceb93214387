// WriteCall: the client's side of a client-streaming method, for a coroutine: one message at a
// time.
//
//   rpc::WriteCall<Row, Tally> call(stub, &Methods::Import, rpc::OutgoingContext(served));
//   while (…) if (!co_await call.Write(row)) break;
//   absl::StatusOr<Tally> tally = co_await call.Finish();
//
// A write ends when gRPC has taken the message: a server that reads slowly holds the writer back.
// Name the tasks before co_await (lib/async/task.h). One coroutine, one operation at a time. The
// call owns what gRPC works on until gRPC is done; one that ends without Finish cancels the call.
// `stub` outlives it.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <functional>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/outgoing.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"

namespace tokenforge::rpc {

namespace internal {
template <class Request, class Response>
class WriteReactor final : public grpc::ClientWriteReactor<Request> {
 public:
  explicit WriteReactor(OutgoingContext context) : context_(std::move(context)) {}

  template <class Async, class Method>
  void Begin(std::shared_ptr<WriteReactor> itself, Async& async, Method method) {
    itself_ = std::move(itself);
    sync::HandOver(this);
    (async.*method)(&context_.client(), &response_, this);
    // Writes come from outside of gRPC's callbacks: without a hold the call could end between two.
    this->AddHold();
    this->StartCall();
  }
  void Write(const Request* message, std::function<void(bool)> written) {
    written_ = std::move(written);
    sync::HandOver(this);
    this->StartWrite(message);
  }
  void Finish(std::function<void(grpc::Status)> done) {
    done_ = std::move(done);
    sync::HandOver(this);
    this->StartWritesDone();
    this->RemoveHold();
  }
  void Abandon() {
    sync::HandOver(this);
    context_.client().TryCancel();
    this->RemoveHold();
  }
  Response& response() { return response_; }

  void OnWriteDone(bool ok) override {
    sync::TakeOver(this);
    const std::function<void(bool)> written = std::exchange(written_, nullptr);
    written(ok);
  }
  void OnDone(const grpc::Status& status) override {
    sync::TakeOver(this);
    const std::shared_ptr<WriteReactor> held = std::move(itself_);
    if (done_) done_(status);
  }

 private:
  OutgoingContext context_;
  Response response_;
  std::function<void(bool)> written_;
  std::function<void(grpc::Status)> done_;
  std::shared_ptr<WriteReactor> itself_;  // until gRPC is done
};
}  // namespace internal

template <class Request, class Response>
class WriteCall {
 public:
  template <class Stub, class Async>
  WriteCall(Stub& stub,
            void (Async::*method)(grpc::ClientContext*, Response*,
                                  grpc::ClientWriteReactor<Request>*),
            OutgoingContext context)
      : reactor_(std::make_shared<Reactor>(std::move(context))) {
    reactor_->Begin(reactor_, *stub.async(), method);
  }
  ~WriteCall() {
    if (reactor_) reactor_->Abandon();
  }
  WriteCall(const WriteCall&) = delete;

  // False when the call is over: Finish tells why.
  async::Task<bool> Write(Request message) {
    auto start = [this, sent = &message](auto resume) { reactor_->Write(sent, std::move(resume)); };
    async::Task<bool> writing = async::Await<bool>(start);
    co_return co_await std::move(writing);
  }

  // Says that nothing follows, and waits for the answer. Once. Errors are those of FromGrpc.
  async::Task<absl::StatusOr<Response>> Finish() {
    const std::shared_ptr<Reactor> reactor = std::move(reactor_);
    auto start = [raw = reactor.get()](auto resume) { raw->Finish(std::move(resume)); };
    async::Task<grpc::Status> finishing = async::Await<grpc::Status>(start);
    const grpc::Status status = co_await std::move(finishing);
    if (!status.ok()) co_return FromGrpc(status);
    co_return std::move(reactor->response());
  }

 private:
  using Reactor = internal::WriteReactor<Request, Response>;
  std::shared_ptr<Reactor> reactor_;
};

}  // namespace tokenforge::rpc
