// The handlers of PollsService, in gRPC's callback API: none of them blocks a thread, also not the
// one that waits for hours.
//
// No line here checks a token: whoever gets this far may call the method. Thread-safe.
#pragma once

#include "poll_book.h"
#include "polls.grpc.pb.h"

namespace polls {

class PollsService final : public v1::PollsService::CallbackService {
 public:
  explicit PollsService(PollBook& book) : book_(book) {}

  grpc::ServerUnaryReactor* OpenPoll(grpc::CallbackServerContext* context,
                                     const v1::OpenPollRequest* request,
                                     v1::OpenPollResponse* response) override;
  grpc::ServerUnaryReactor* Vote(grpc::CallbackServerContext* context,
                                 const v1::VoteRequest* request,
                                 v1::VoteResponse* response) override;
  grpc::ServerUnaryReactor* ClosePoll(grpc::CallbackServerContext* context,
                                      const v1::ClosePollRequest* request,
                                      v1::ClosePollResponse* response) override;
  grpc::ServerUnaryReactor* AwaitResult(grpc::CallbackServerContext* context,
                                        const v1::AwaitResultRequest* request,
                                        v1::AwaitResultResponse* response) override;

 private:
  PollBook& book_;
};

}  // namespace polls
