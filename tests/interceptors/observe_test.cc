// What a guarded server tells its operators and its callers about a call: metrics, log lines,
// trace, mended errors.
#include "tokenforge/observe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "tests/interceptors/guarded_server.h"
#include "tokenforge/outgoing.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";

// The value of a series in the metrics, or 0.
double Series(const std::string& series) {
  const std::string text = MetricsText();
  const std::size_t at = text.find("\n" + series + " ");
  if (at == std::string::npos) return 0;
  return std::stod(text.substr(at + series.size() + 2));
}

double Calls(const std::string& method, const std::string& code) {
  return Series("rpc_server_call_duration_seconds_count{rpc_method=\"" + method +
                "\",rpc_response_status_code=\"" + code + "\"}");
}

// Log lines of the guard, while it lives.
class Lines {
 public:
  Lines() {
    telemetry::SetLogLevel(telemetry::Level::kInfo);
    SetLogSink([this](std::string_view, std::string_view line) {
      sync::MutexLock lock(&mutex_);
      lines_.emplace_back(line);
    });
  }
  ~Lines() { SetLogSink({}); }
  std::vector<std::string> All() {
    sync::MutexLock lock(&mutex_);
    return lines_;
  }

 private:
  sync::Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

class Observed : public ::testing::TestWithParam<Api> {
 protected:
  Observed() : server_(GetParam(), Transport::kMtls) {}
  GuardedServer server_;
};

INSTANTIATE_TEST_SUITE_P(Apis, Observed, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& param) {
                           return param.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(Observed, RefusalsAreCountedLikeAnyCall) {
  const std::string method = "tokenforge.testing.v1.Calls/Unary";
  const double ok = Calls(method, "OK"), refused = Calls(method, "UNAUTHENTICATED");
  const double expired = Series("tokenforge_token_verifications_total{result=\"TOKEN_EXPIRED\"}");
  server_.Call(Kind::kUnary, Bearer(server_.tokens().Make()));
  server_.Call(Kind::kUnary);
  server_.Call(Kind::kUnary, Bearer(server_.tokens().Expired()));
  EXPECT_EQ(Calls(method, "OK"), ok + 1);
  EXPECT_EQ(Calls(method, "UNAUTHENTICATED"), refused + 2);
  EXPECT_EQ(Series("tokenforge_token_verifications_total{result=\"TOKEN_EXPIRED\"}"), expired + 1);
}

TEST_P(Observed, TheCacheIsCounted) {
  const std::string hit = "tokenforge_token_cache_total{result=\"hit\"}";
  const std::string miss = "tokenforge_token_cache_total{result=\"miss\"}";
  const double hits = Series(hit), misses = Series(miss);
  const Metadata token = Bearer(server_.tokens().Make());
  for (int i = 0; i < 3; ++i) server_.Call(Kind::kUnary, token);
  EXPECT_EQ(Series(hit), hits + 2);
  EXPECT_EQ(Series(miss), misses + 1);
}

TEST_P(Observed, UnknownMethodsShareOneLabel) {
  const double before = Calls("_OTHER", "UNIMPLEMENTED");
  const auto channel = server_.Channel();
  const std::string service = "/tokenforge.testing.v1.Calls/";
  for (const std::string& path : {service + "Invented", service + "Unar", std::string("/a/b"),
                                  std::string("/tokenforge.testing.v1.calls/Unary")}) {
    const Outcome outcome = CallRaw(channel, path, Bearer(server_.tokens().Make()), "");
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << path;
  }
  EXPECT_EQ(Calls("_OTHER", "UNIMPLEMENTED"), before + 4);
  EXPECT_THAT(MetricsText(), Not(HasSubstr("Invented")));
}

TEST_P(Observed, ActiveRequestsComeBackToNone) {
  server_.Call(Kind::kBidi, Bearer(server_.tokens().Make()));
  server_.Call(Kind::kUnary);
  // A call's object goes shortly after its client has its status.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (Series("rpc_server_active_requests") != 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Series("rpc_server_active_requests"), 0);
}

TEST_P(Observed, OneLineACallSaysWhoAndWhyAndNeverAToken) {
  Lines lines;
  const std::string good = server_.tokens().Make(), bad = server_.tokens().Forged();
  server_.Call(Kind::kUnary, Bearer(good));
  server_.Call(Kind::kUnary, Bearer(bad));
  server_.Call("Admin", Bearer(good));
  const std::vector<std::string> all = lines.All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_THAT(all[0], AllOf(HasSubstr(R"("code":"OK")"), HasSubstr(R"("sub":"ada")"),
                            HasSubstr(R"("peer":"spiffe://example.org/web")"),
                            HasSubstr(R"("method":"tokenforge.testing.v1.Calls/Unary")")));
  EXPECT_THAT(all[1],
              AllOf(HasSubstr(R"("reason":"TOKEN_BAD_SIGNATURE")"), HasSubstr(R"("sub":"")")));
  // Who it was that was not allowed: proven, and so worth knowing.
  EXPECT_THAT(all[2], AllOf(HasSubstr(R"("reason":"ROLE_REQUIRED")"), HasSubstr(R"("sub":"ada")")));
  for (const std::string& line : all) {
    EXPECT_THAT(line, Not(HasSubstr(good.substr(good.size() - 20))));
    EXPECT_THAT(line, Not(HasSubstr(bad.substr(bad.size() - 20))));
  }
}

TEST_P(Observed, TheTraceGoesOnThroughTheServer) {
  Lines lines;
  Metadata metadata = Bearer(server_.tokens().Make());
  metadata.emplace_back("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01");
  metadata.emplace_back("tracestate", "vendor=1");
  metadata.emplace_back("x-request-id", "order-66");
  const Outcome outcome = server_.Call(Kind::kUnary, metadata);
  ASSERT_EQ(outcome.answers.size(), 1u);
  const v1::Answer& seen = outcome.answers[0];
  EXPECT_THAT(seen.traceparent(), HasSubstr(kTrace));
  EXPECT_THAT(seen.traceparent(), Not(HasSubstr("b7ad6b7169203331"))) << "the server's own span";
  EXPECT_EQ(seen.tracestate(), "vendor=1");
  EXPECT_EQ(seen.request_id(), "order-66");
  EXPECT_EQ(outcome.initial.find("x-request-id")->second, "order-66");
  EXPECT_THAT(lines.All(), Contains(AllOf(HasSubstr(kTrace), HasSubstr("order-66"))));
}

// Initial metadata before an error would keep gRPC from ever trying the call at another replica.
TEST_P(Observed, AnErrorBringsNothingBeforeItself) {
  const Outcome outcome = server_.Call(Kind::kUnary, {{"x-request-id", "order-66"}});
  EXPECT_EQ(outcome.reason(), errors::reasons::TOKEN_MISSING);
  EXPECT_THAT(outcome.initial, ::testing::IsEmpty());
  EXPECT_EQ(outcome.Trailer("x-request-id"), "order-66");
}

TEST_P(Observed, BadTraceHeadersNeverFailACallAndNeverReachTheHandler) {
  Metadata metadata = Bearer(server_.tokens().Make());
  metadata.emplace_back("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01");
  metadata.emplace_back("tracestate", "vendor=1");
  metadata.emplace_back("x-request-id", "two words");
  const Outcome outcome = server_.Call(Kind::kUnary, metadata);
  ASSERT_EQ(outcome.answers.size(), 1u);
  EXPECT_EQ(outcome.answers[0].traceparent().size(), 55u);
  EXPECT_THAT(outcome.answers[0].traceparent(), Not(HasSubstr("-0000000000000000")));
  EXPECT_EQ(outcome.answers[0].tracestate(), "") << "state of a trace that is not continued";
  EXPECT_NE(outcome.answers[0].request_id(), "two words");
  EXPECT_EQ(outcome.initial.find("x-request-id")->second, outcome.answers[0].request_id());
}

TEST_P(Observed, ARequestThatIsNoMessageIsTheCallersFault) {
  const int before = HandlerRuns();
  const Outcome outcome = CallRaw(server_.Channel(), "/tokenforge.testing.v1.Calls/Unary",
                                  Bearer(server_.tokens().Make()), "\xff\xff\xff");
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(outcome.reason(), reasons::INVALID_FIELD);
  EXPECT_EQ(HandlerRuns(), before);
}

TEST_P(Observed, AMethodThatNobodyWroteSaysSo) {
  const Outcome outcome = server_.Call("Unbuilt");
  EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(outcome.reason(), reasons::NOT_BUILT);
}

TEST_P(Observed, AnExceptionInAHandlerEndsTheCallAndNothingElse) {
  const Outcome outcome = server_.Call("Open", {}, "throw");
  EXPECT_THAT(outcome.status.error_message(), Not(HasSubstr("secret detail")));
  EXPECT_TRUE(outcome.answers.empty());
  if (GetParam() == Api::kSync) {
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(outcome.reason(), reasons::INTERNAL_FAULT);
  } else {
    // gRPC makes the same status of a callback handler that throws and of one that does not exist.
    EXPECT_EQ(outcome.reason(), reasons::NOT_BUILT);
  }
  EXPECT_TRUE(server_.Call("Open").status.ok()) << "the server lives on";
}

TEST_P(Observed, ACallThatItsClientLeavesIsCountedAsCancelled) {
  const std::string method = "tokenforge.testing.v1.Calls/Bidi";
  const double before = Calls(method, "CANCELLED");
  {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer " + server_.tokens().Make());
    v1::Calls::Stub stub(server_.Channel());
    auto stream = stub.Bidi(&context);
    v1::Answer answer;
    ASSERT_TRUE(stream->Write(v1::Ask()) && stream->Read(&answer));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // The callback handler ends such a stream with OK: nobody is left to be told otherwise.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const auto ended = [&] { return Calls(method, "CANCELLED") + Calls(method, "OK"); };
  while (ended() <= before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_GT(ended(), before);
}

// A handler's outgoing call: less time than the caller gave, and the same trace.
TEST(MakeOutgoing, TakesOverTraceRequestIdAndTimeLessAMargin) {
  class Forwarder final : public v1::Ping::Service {
   public:
    explicit Forwarder(std::shared_ptr<grpc::Channel> next) : stub_(std::move(next)) {}
    grpc::Status Pong(grpc::ServerContext* context, const v1::Ask*, v1::Answer* answer) override {
      OutgoingOptions options;
      options.with_token = true;
      const auto outgoing = MakeOutgoing(*context, options);
      left_ = context->deadline() - outgoing->deadline();
      return stub_.Unary(outgoing.get(), v1::Ask(), answer);
    }
    v1::Calls::Stub stub_;
    std::chrono::system_clock::duration left_{};
  };
  GuardedServer behind(Api::kCallback, Transport::kPlaintext);
  Forwarder forwarder(behind.Channel());
  Guard guard({});
  guard.Protect<v1::Ping>(&forwarder);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  Metadata metadata = Bearer(behind.tokens().Make());
  metadata.emplace_back("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01");
  metadata.emplace_back("x-request-id", "order-66");
  metadata.emplace_back("tracestate", "vendor=1");
  metadata.emplace_back("baggage", "tenant=7, bad member, colour=blue;shade");
  const Outcome outcome = CallRaw(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()),
      "/tokenforge.testing.v1.Ping/Pong", metadata, "");
  ASSERT_EQ(outcome.answers.size(), 1u) << outcome.status.error_message();
  EXPECT_EQ(outcome.answers[0].subject(), "ada");
  EXPECT_EQ(outcome.answers[0].request_id(), "order-66");
  EXPECT_THAT(outcome.answers[0].traceparent(), HasSubstr(kTrace));
  EXPECT_EQ(outcome.answers[0].tracestate(), "vendor=1");
  EXPECT_EQ(outcome.answers[0].baggage(), "tenant=7,colour=blue;shade");
  EXPECT_GE(forwarder.left_, std::chrono::milliseconds(50));
}

}  // namespace
}  // namespace tokenforge::testing
