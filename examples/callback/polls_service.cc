#include "polls_service.h"

#include <tokenforge/caller.h>

namespace polls {
namespace {

// A handler that is done when it returns.
grpc::ServerUnaryReactor* Done(grpc::CallbackServerContext* context, const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

// A call that is answered later, from whatever thread closes the poll. It lives until OnDone, which
// gRPC calls when the answer is on its way.
class AwaitedResult final : public grpc::ServerUnaryReactor, public Waiter {
 public:
  AwaitedResult(PollBook& book, int64_t id, v1::AwaitResultResponse* response)
      : book_(book), id_(id), response_(response) {}

  void Tell(const grpc::Status& status, const Result& result) override {
    response_->mutable_votes()->Assign(result.begin(), result.end());
    Finish(status);
  }
  // The caller has gone, or its deadline has passed. Exactly one of this and Tell may finish the
  // call: the book decides.
  void OnCancel() override {
    if (book_.Forget(id_, this)) Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  PollBook& book_;
  const int64_t id_;
  v1::AwaitResultResponse* const response_;
};

}  // namespace

grpc::ServerUnaryReactor* PollsService::OpenPoll(grpc::CallbackServerContext* context,
                                                 const v1::OpenPollRequest* request,
                                                 v1::OpenPollResponse* response) {
  if (request->question().empty() || request->question().size() > 1000) {
    return Done(context, {grpc::StatusCode::INVALID_ARGUMENT, "question: 1 to 1,000 bytes"});
  }
  if (request->answers_size() < 2 || request->answers_size() > 10) {
    return Done(context, {grpc::StatusCode::INVALID_ARGUMENT, "answers: 2 to 10 of them"});
  }
  int64_t id = 0;
  const tokenforge::Caller caller = tokenforge::CallerOf(*context);
  const grpc::Status opened = book_.Open(caller.subject(), request->answers_size(), &id);
  response->set_poll_id(id);
  return Done(context, opened);
}

grpc::ServerUnaryReactor* PollsService::Vote(grpc::CallbackServerContext* context,
                                             const v1::VoteRequest* request, v1::VoteResponse*) {
  // The user, not the gateway that made the connection: that is caller.peer().
  const tokenforge::Caller caller = tokenforge::CallerOf(*context);
  return Done(context, book_.Vote(request->poll_id(), caller.subject(), request->answer()));
}

grpc::ServerUnaryReactor* PollsService::ClosePoll(grpc::CallbackServerContext* context,
                                                  const v1::ClosePollRequest* request,
                                                  v1::ClosePollResponse*) {
  // A rule knows roles, not owners: what depends on the thing itself is decided here.
  const tokenforge::Caller caller = tokenforge::CallerOf(*context);
  return Done(context, book_.Close(request->poll_id(), caller.subject(), caller.HasRole("admin")));
}

grpc::ServerUnaryReactor* PollsService::AwaitResult(grpc::CallbackServerContext*,
                                                    const v1::AwaitResultRequest* request,
                                                    v1::AwaitResultResponse* response) {
  auto* waiter = new AwaitedResult(book_, request->poll_id(), response);
  book_.Await(request->poll_id(), waiter);  // may have told it already: touch it no more
  return waiter;
}

}  // namespace polls
