// The spans of a guarded server, as a collector gets them.
#include "tokenforge/tracing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "lib/errors/errors.h"
#include "tests/interceptors/guarded_server.h"
#include "tests/lib/otlp/receiver.h"
#include "tokenforge/errors/v1/details.pb.h"
#include "tokenforge/outgoing.h"

namespace tokenforge::testing {
namespace {

using otlp::testing::AttributeOf;
using otlp::testing::Hex;
using otlp::testing::Received;
using otlp::testing::Receiver;
using otlp::testing::Spans;
using otlp::v1::Span;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
const std::string kTraceparent = std::string("00-") + kTrace + "-b7ad6b7169203331-01";

Metadata Traced(Metadata metadata) {
  metadata.emplace_back("traceparent", kTraceparent);
  return metadata;
}

class TracedServer : public ::testing::TestWithParam<Api> {
 protected:
  TracedServer() : server_(GetParam(), Transport::kMtls) {
    TracingOptions options;
    options.service = "notes";
    options.endpoint = receiver_.endpoint();
    tracing_ = Tracing::Start(options).value();
  }
  // The spans of the caller's trace, once there are so many.
  Spans Wait(std::size_t count) {
    const Spans all = receiver_.WaitFor([&](const Spans& spans) {
      return std::ranges::count_if(spans, InTrace) >= static_cast<std::ptrdiff_t>(count);
    });
    Spans of_trace;
    std::ranges::copy_if(all, std::back_inserter(of_trace), InTrace);
    EXPECT_THAT(of_trace, SizeIs(count));
    of_trace.resize(count);
    return of_trace;
  }
  static bool InTrace(const Received& one) { return Hex(one.span.trace_id()) == kTrace; }

  Receiver receiver_;
  GuardedServer server_;
  std::unique_ptr<Tracing> tracing_;
};

INSTANTIATE_TEST_SUITE_P(Apis, TracedServer, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& param) {
                           return param.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(TracedServer, HasASpanOfEachCall) {
  for (const Kind kind : {Kind::kUnary, Kind::kClientStream, Kind::kServerStream, Kind::kBidi}) {
    server_.Call(kind, Traced(Bearer(server_.tokens().Make())));
  }
  std::set<std::string> names;
  for (const Received& one : Wait(4)) {
    names.insert(one.span.name());
    EXPECT_EQ(one.service, "notes");
    EXPECT_EQ(one.span.kind(), Span::KIND_SERVER);
    EXPECT_EQ(Hex(one.span.parent_span_id()), "b7ad6b7169203331");
    EXPECT_EQ(one.span.flags() & 0x300u, 0x300u);
    EXPECT_EQ(AttributeOf(one.span, "rpc.system.name"), "grpc");
    EXPECT_EQ(AttributeOf(one.span, "rpc.method"), one.span.name());
    EXPECT_EQ(AttributeOf(one.span, "rpc.response.status_code"), "OK");
    EXPECT_FALSE(one.span.has_status());
    EXPECT_LE(one.span.start_time_unix_nano(), one.span.end_time_unix_nano());
  }
  const std::string service = "tokenforge.testing.v1.Calls/";
  EXPECT_EQ(names, (std::set<std::string>{service + "Unary", service + "ClientStream",
                                          service + "ServerStream", service + "Bidi"}));
}

TEST_P(TracedServer, RefusedAndFailedCallsHaveTheirReasonAndOnlyFaultsOfOursAreErrors) {
  server_.Call(Kind::kUnary, Traced({}));
  server_.Call(Kind::kUnary, Traced(Bearer(server_.tokens().Make())), "throw");
  // gRPC's callback API makes this of what a handler throws.
  const bool sync = GetParam() == Api::kSync;
  for (const Received& one : Wait(2)) {
    const std::string code = AttributeOf(one.span, "rpc.response.status_code");
    const bool refused = code == "UNAUTHENTICATED";
    const std::string fault = sync ? "INTERNAL" : "UNIMPLEMENTED";
    EXPECT_EQ(code, refused ? "UNAUTHENTICATED" : fault);
    EXPECT_EQ(AttributeOf(one.span, "tokenforge.reason"),
              refused ? "TOKEN_MISSING" : (sync ? "INTERNAL_FAULT" : "NOT_BUILT"));
    EXPECT_EQ(one.span.status().code() == otlp::v1::Status::CODE_ERROR, !refused);
    EXPECT_EQ(AttributeOf(one.span, "error.type"), refused ? "" : fault);
  }
}

TEST_P(TracedServer, NothingOfACallerIsInASpan) {
  const std::string token = server_.tokens().Make();
  Metadata metadata = Traced(Bearer(token));
  metadata.emplace_back("baggage", "user=marked-baggage");
  metadata.emplace_back("x-request-id", "marked-request");
  server_.Call(Kind::kUnary, metadata, "marked-text");
  const std::string all = Wait(1)[0].span.DebugString();
  for (const std::string& mark :
       {token.substr(token.size() - 20), std::string("marked"), std::string("ada"),
        std::string("spiffe:"), std::string("127.0.0.1")}) {
    EXPECT_THAT(all, Not(HasSubstr(mark)));
  }
}

TEST_P(TracedServer, UnknownMethodsShareOneName) {
  CallRaw(server_.Channel(), "/tokenforge.testing.v1.Calls/Invented", Traced({}), "");
  const Span span = Wait(1)[0].span;
  EXPECT_EQ(span.name(), "_OTHER");
  EXPECT_THAT(span.DebugString(), Not(HasSubstr("Invented")));
}

TEST_P(TracedServer, CallsOfATraceThatIsNotSampledHaveNoSpan) {
  const std::string other = "00-" + std::string(32, '7') + "-b7ad6b7169203331-00";
  Metadata metadata = Bearer(server_.tokens().Make());
  metadata.emplace_back("traceparent", other);
  server_.Call(Kind::kUnary, metadata);
  server_.Call(Kind::kUnary, Traced(Bearer(server_.tokens().Make())));
  Wait(1);
  tracing_.reset();  // everything is there
  for (const Received& one : receiver_.All()) {
    EXPECT_NE(Hex(one.span.trace_id()), std::string(32, '7'));
  }
}

TEST_P(TracedServer, WhatFailsTellsItsCallerWhatToQuote) {
  Metadata metadata = Traced({});
  metadata.emplace_back("x-request-id", "order-66");
  const Outcome outcome = server_.Call(Kind::kUnary, metadata);
  errors::v1::RpcStatus details;
  ASSERT_TRUE(details.ParseFromString(outcome.status.error_details()));
  EXPECT_EQ(outcome.reason(), errors::reasons::TOKEN_MISSING) << "beside the others";
  int found = 0;
  for (const auto& detail : details.details()) {
    errors::v1::RequestInfo info;
    if (detail.type_url() != "type.googleapis.com/google.rpc.RequestInfo") continue;
    ASSERT_TRUE(info.ParseFromString(detail.value()));
    EXPECT_EQ(info.request_id(), "order-66");
    EXPECT_EQ(info.serving_data(), kTrace);
    ++found;
  }
  EXPECT_EQ(found, 1);
}

TEST(Tracing, ThereIsOneAProcess) {
  const Receiver receiver;
  TracingOptions options;
  options.service = "notes";
  options.endpoint = receiver.endpoint();
  const auto first = Tracing::Start(options);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(Tracing::Start(options).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Tracing, RefusesWhatItCannotDoAndSaysWhy) {
  const auto fault = [](TracingOptions options) {
    options.service = "notes";
    const absl::Status status = Tracing::Start(options).status();
    EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
    std::string text;
    for (const auto& one : errors::FaultsOf(status)) text += one.field + " " + one.description;
    return text;
  };
  TracingOptions options;
  options.endpoint = "http://collector:4317";
  EXPECT_THAT(fault(options), HasSubstr("https"));
  options.endpoint = "https://collector:4317";
  EXPECT_THAT(fault(options), HasSubstr("CA"));
  options.endpoint = "collector:4317";
  EXPECT_THAT(fault(options), HasSubstr("https://HOST:PORT"));
  options.endpoint.clear();
  options.sample_ratio = 1.5;
  EXPECT_THAT(fault(options), HasSubstr("0 to 1"));
}

}  // namespace
}  // namespace tokenforge::testing
