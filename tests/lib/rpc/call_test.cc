#include "lib/rpc/call.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <stdexcept>
#include <string>

#include "lib/errors/errors.h"
#include "lib/rpc/server_call.h"
#include "lib/sync/hand_over.h"
#include "lib/telemetry/log.h"
#include "tests/lib/rpc/call_fixture.h"

namespace tokenforge::rpc::testing {
namespace {

std::multimap<std::string, std::string> MetadataOf(const grpc::CallbackServerContext& context) {
  std::multimap<std::string, std::string> metadata;
  for (const auto& [name, value] : context.client_metadata()) {
    metadata.emplace(std::string(name.data(), name.size()),
                     std::string(value.data(), value.size()));
  }
  return metadata;
}

TEST_F(CallTest, AnswerComesThroughTwoServers) {
  Back([](auto&, GetJwksResponse& response) {
    response.set_jwks("keys");
    return absl::OkStatus();
  });
  const Got got = Ask();
  EXPECT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.jwks, "keys");
}

TEST_F(CallTest, ErrorKeepsReasonFaultsAndRetryThroughTwoServers) {
  Back([](auto&, auto&) { return errors::InvalidFields({{"known_version", "is odd"}}); });
  absl::Status status = FromGrpc(Ask().status);
  EXPECT_EQ(errors::ReasonOf(status), reasons::INVALID_FIELD);
  EXPECT_EQ(errors::FaultsOf(status).at(0).field, "known_version");
  Back([](auto&, auto&) {
    return errors::MakeRetryable(reasons::OVERLOADED, "full", milliseconds(250));
  });
  status = FromGrpc(Ask().status);
  EXPECT_EQ(errors::ReasonOf(status), reasons::OVERLOADED);
  EXPECT_EQ(errors::RetryAfterOf(status), milliseconds(250));
}

TEST_F(CallTest, ServerThatIsAwayIsADependencyDown) {
  back_.Stop();
  EXPECT_EQ(errors::ReasonOf(FromGrpc(Ask().status)), reasons::DEPENDENCY_DOWN);
}

TEST_F(CallTest, DeadlineShrinksOnItsWay) {
  // On the wire a deadline is the time that is left, so only that can be compared, however long the
  // way took.
  std::chrono::system_clock::duration left{};
  Back([&left](grpc::CallbackServerContext& context, auto&) {
    left = context.deadline() - std::chrono::system_clock::now();
    return absl::OkStatus();
  });
  // Not longer: gRPC rounds long deadlines up on the wire by more than the margin.
  constexpr seconds kGiven{4};
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kGiven);
  ASSERT_TRUE(Ask(context).status.ok());
  EXPECT_LT(left, kGiven - milliseconds(20));
  EXPECT_GT(left, seconds(0));
}

TEST_F(CallTest, EarlierDeadlineOfTheHandlerHolds) {
  std::chrono::system_clock::time_point seen;
  Back([&seen](grpc::CallbackServerContext& context, auto&) {
    seen = context.deadline();
    return absl::OkStatus();
  });
  at_most_ = seconds(20);
  ASSERT_TRUE(Ask(seconds(60)).status.ok());
  EXPECT_LT(seen, std::chrono::system_clock::now() + seconds(21));
}

TEST_F(CallTest, CallWithoutADeadlineGetsOne) {
  std::chrono::system_clock::time_point seen;
  Back([&seen](grpc::CallbackServerContext& context, auto&) {
    seen = context.deadline();
    return absl::OkStatus();
  });
  grpc::ClientContext context;  // no deadline
  ASSERT_TRUE(Ask(context).status.ok());
  // gRPC rounds timeouts of more than ten seconds up to the next tenth on the wire.
  EXPECT_LE(seen, std::chrono::system_clock::now() + kDefaultDeadline + milliseconds(100));
}

// Never answers by itself; ends when the call is cancelled or its deadline passes.
class HangingReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit HangingReactor(std::promise<void>& cancelled) : cancelled_(cancelled) {
    sync::HandOver(this);
  }
  void OnCancel() override {
    const sync::Visit visit(this);
    cancelled_.set_value();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    sync::TakeOver(this);
    delete this;
  }

 private:
  std::promise<void>& cancelled_;
};

TEST_F(CallTest, ServerThatHangsCostsOnlyTheDeadline) {
  Back([](auto&, auto&) { return absl::OkStatus(); });
  ASSERT_TRUE(Ask().status.ok())
      << "from here on both are connected, and the deadline is the call's";
  std::promise<void> cancelled;
  back_.keys.on_jwks = [&](grpc::CallbackServerContext*, const GetJwksRequest*, GetJwksResponse*) {
    return new HangingReactor(cancelled);
  };
  at_most_ = milliseconds(100);
  EXPECT_EQ(errors::ReasonOf(FromGrpc(Ask().status)), reasons::DEADLINE_PASSED);
  cancelled.get_future().wait();
}

TEST_F(CallTest, ClientThatGoesAwayCancelsTheCallsMadeForIt) {
  std::promise<void> reached;
  std::promise<void> cancelled;
  back_.keys.on_jwks = [&](grpc::CallbackServerContext*, const GetJwksRequest*, GetJwksResponse*) {
    reached.set_value();
    return new HangingReactor(cancelled);
  };
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(60));
  std::promise<grpc::StatusCode> ended;
  GetJwksRequest request;
  GetJwksResponse response;
  front_stub_->async()->GetJwks(&context, &request, &response, [&ended](grpc::Status status) {
    ended.set_value(status.error_code());
  });
  reached.get_future().wait();
  context.TryCancel();
  EXPECT_EQ(ended.get_future().get(), grpc::StatusCode::CANCELLED);
  cancelled.get_future().wait();
}

TEST_F(CallTest, TraceGoesOnAndRequestIdStays) {
  std::multimap<std::string, std::string> seen;
  Back([&seen](grpc::CallbackServerContext& context, auto&) {
    seen = MetadataOf(context);
    return absl::OkStatus();
  });
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  context.AddMetadata("tracestate", "vendor=1");
  context.AddMetadata("x-request-id", "req.42");
  ASSERT_TRUE(Ask(context).status.ok());
  const std::string traceparent = seen.find("traceparent")->second;
  EXPECT_EQ(traceparent.substr(0, 36), "00-4bf92f3577b34da6a3ce929d0e0e4736-");
  EXPECT_EQ(traceparent.find("00f067aa0ba902b7"), std::string::npos);
  EXPECT_EQ(seen.find("tracestate")->second, "vendor=1");
  EXPECT_EQ(seen.find("x-request-id")->second, "req.42");
  EXPECT_EQ(seen.count("traceparent"), 1u);
}

TEST_F(CallTest, BadTraceHeadersAreReplacedAndDoNotFailTheCall) {
  std::multimap<std::string, std::string> seen;
  Back([&seen](grpc::CallbackServerContext& context, auto&) {
    seen = MetadataOf(context);
    return absl::OkStatus();
  });
  grpc::ClientContext context;
  context.AddMetadata("traceparent", "00-zz-zz-01");
  context.AddMetadata("x-request-id", "has spaces");
  ASSERT_TRUE(Ask(context).status.ok());
  EXPECT_EQ(seen.find("traceparent")->second.size(), 55u);
  EXPECT_EQ(seen.find("x-request-id")->second.find(' '), std::string::npos);
}

TEST_F(CallTest, MetadataOfTheCallerIsNotPassedOn) {
  std::multimap<std::string, std::string> seen;
  Back([&seen](grpc::CallbackServerContext& context, auto&) {
    seen = MetadataOf(context);
    return absl::OkStatus();
  });
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer somebody");
  ASSERT_TRUE(Ask(context).status.ok());
  EXPECT_EQ(seen.count("authorization"), 0u);
  bearer_ = secret::Secret("token");
  ASSERT_TRUE(Ask().status.ok());
  EXPECT_EQ(seen.find("authorization")->second, "Bearer token");
}

TEST_F(CallTest, HandlerThatThrowsIsAnInternalFaultThatTellsNothing) {
  std::string log;
  telemetry::SetLogSink([&log](telemetry::Level, std::string_view line) { log += line; });
  auto thrower = [](int) -> async::Task<absl::Status> {
    throw std::runtime_error("password = hunter2");
    co_return absl::OkStatus();
  };
  front_.keys.on_jwks = [&](grpc::CallbackServerContext* context, const GetJwksRequest*,
                            GetJwksResponse*) { return Serve(context, thrower(0)); };
  const grpc::Status status = Ask().status;
  telemetry::SetLogSink({});
  EXPECT_EQ(errors::ReasonOf(FromGrpc(status)), reasons::INTERNAL_FAULT);
  EXPECT_EQ(status.error_message().find("hunter2"), std::string::npos);
  EXPECT_EQ(log.find("hunter2"), std::string::npos);
  EXPECT_NE(log.find("runtime_error"), std::string::npos);
}

TEST_F(CallTest, BackgroundWorkCallsUnderItsOwnDeadline) {
  Back([](auto&, GetJwksResponse& response) {
    response.set_jwks("keys");
    return absl::OkStatus();
  });
  std::promise<std::string> answered;
  auto work = [this]() -> async::Task<std::string> {
    const ServerCall call(std::chrono::steady_clock::now() + seconds(10),
                          telemetry::TraceContext::New());
    OutgoingContext outgoing(call);
    const GetJwksRequest request;
    const auto answer = co_await Call(*to_back_, &AsyncKeys::GetJwks, std::move(outgoing), request);
    co_return answer.ok() ? answer->jwks() : answer.status().ToString();
  };
  async::Spawn(work(), [&](std::exception_ptr, std::string text) { answered.set_value(text); });
  EXPECT_EQ(answered.get_future().get(), "keys");
}

TEST_F(CallTest, DeadlineThatHasPassedSendsNothing) {
  std::promise<absl::Status> answered;
  auto work = [this]() -> async::Task<absl::Status> {
    const ServerCall call(std::chrono::steady_clock::now() - seconds(1),
                          telemetry::TraceContext::New());
    OutgoingContext outgoing(call);
    const GetJwksRequest request;
    const auto answer = co_await Call(*to_back_, &AsyncKeys::GetJwks, std::move(outgoing), request);
    co_return answer.status();
  };
  async::Spawn(work(),
               [&](std::exception_ptr, absl::Status status) { answered.set_value(status); });
  EXPECT_EQ(errors::ReasonOf(answered.get_future().get()), reasons::DEADLINE_PASSED);
  EXPECT_EQ(back_.keys.calls, 0);
}

}  // namespace
}  // namespace tokenforge::rpc::testing
