// Services on completion queues that ask for themselves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/interceptors/checked_server.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;

// Calls/Unary on a completion queue, one thread; every other method is not served at all.
class AsyncServer {
 public:
  explicit AsyncServer(Manner manner) : manner_(manner) {
    parts_.guard_.ProtectWithChecks<v1::Calls>(&service_);
    queue_ = parts_.builder_.AddCompletionQueue();
    parts_.Start();
    thread_ = std::thread([this] { Serve(); });
  }
  ~AsyncServer() {
    parts_.server_->Shutdown();
    queue_->Shutdown();
    thread_.join();
  }
  Outcome Call(const Metadata& metadata) {
    return parts_.Call("/tokenforge.testing.v1.Calls/Unary", metadata);
  }
  Checked& parts() { return parts_; }
  std::atomic<int> answers = 0;

 private:
  struct Pending {
    grpc::ServerContext context;
    v1::Ask ask;
    grpc::ServerAsyncResponseWriter<v1::Answer> writer{&context};
    bool answered = false;
  };
  void Next() {
    auto* const pending = new Pending;
    service_.RequestUnary(&pending->context, &pending->ask, &pending->writer, queue_.get(),
                          queue_.get(), pending);
  }
  void Serve() {
    Next();
    void* tag = nullptr;
    for (bool ok = false; queue_->Next(&tag, &ok);) {
      auto* const pending = static_cast<Pending*>(tag);
      if (!ok || pending->answered) {
        delete pending;
        continue;
      }
      Next();
      pending->answered = true;
      grpc::Status refusal;
      if (!MayAnswer(manner_, parts_.guard_, pending->context, &refusal)) {
        pending->writer.FinishWithError(refusal, pending);
        continue;
      }
      ++answers;
      v1::Answer answer;
      Observe(pending->context, pending->ask, &answer);
      pending->writer.Finish(answer, grpc::Status::OK, pending);
    }
  }

  const Manner manner_;
  Checked parts_;
  v1::Calls::AsyncService service_;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::thread thread_;
};

double Counted(const std::string& code) {
  const std::string series =
      "rpc_server_call_duration_seconds_count{rpc_method=\"tokenforge.testing.v1.Calls/Unary\","
      "rpc_response_status_code=\"" +
      code + "\"} ";
  const std::string text = MetricsText();
  const std::size_t at = text.find(series);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size()));
}

TEST(Check, LetsACompletionQueueServerAskForItself) {
  AsyncServer server(Manner::kAsks);
  const double refused = Counted("UNAUTHENTICATED"), ok = Counted("OK");
  const Outcome without = server.Call({});
  EXPECT_EQ(without.reason(), reasons::TOKEN_MISSING);
  EXPECT_EQ(without.Trailer("www-authenticate"), "Bearer error=\"invalid_token\"");
  EXPECT_EQ(server.Call(Bearer(server.parts().tokens_.Expired())).reason(), reasons::TOKEN_EXPIRED);
  EXPECT_EQ(server.answers, 0);
  const Outcome with = server.Call(server.parts().Ada());
  ASSERT_EQ(with.answers.size(), 1u) << with.status.error_message();
  EXPECT_EQ(with.answers[0].subject(), "ada") << "CallerOf, as in any handler";
  EXPECT_EQ(Counted("UNAUTHENTICATED"), refused + 2);
  EXPECT_EQ(Counted("OK"), ok + 1);
}

TEST(Check, EndsCallsThatAreAnsweredWithoutAsking) {
  AsyncServer server(Manner::kForgets);
  const double failed = Counted("INTERNAL");
  for (const Metadata& metadata : {Metadata(), server.parts().Ada()}) {
    const Outcome outcome = server.Call(metadata);
    EXPECT_FALSE(outcome.status.ok());
    EXPECT_TRUE(outcome.answers.empty());
  }
  EXPECT_EQ(server.answers, 2) << "the handler did answer";
  EXPECT_EQ(Counted("INTERNAL"), failed + 2);
}

TEST(Check, EndsCallsThatAreAnsweredAgainstItsNo) {
  AsyncServer server(Manner::kDoesNotListen);
  const Outcome refused = server.Call({});
  EXPECT_FALSE(refused.status.ok());
  EXPECT_TRUE(refused.answers.empty());
  EXPECT_EQ(server.answers, 1);
  EXPECT_EQ(server.Call(server.parts().Ada()).answers.size(), 1u);
}

TEST(Check, OutsideAGuardedCallSaysNo) {
  Checked parts;
  grpc::ServerContext context;
  EXPECT_EQ(parts.guard_.Check(context).error_code(), grpc::StatusCode::INTERNAL);
}

}  // namespace
}  // namespace tokenforge::testing
