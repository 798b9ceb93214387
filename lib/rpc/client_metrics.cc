#include "lib/rpc/client_metrics.h"

#include <grpcpp/support/interceptor.h>

#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "lib/sync/hand_over.h"
#include "lib/telemetry/call.h"
#include "lib/telemetry/random.h"
#include "lib/telemetry/span.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::rpc::internal {
namespace {

using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;
using Metadata = std::multimap<std::string, std::string>;

// host:port of "dns:///host:port"; the rest of other schemes says nothing to a reader of traces.
struct Address {
  explicit Address(std::string_view target) {
    if (target.starts_with("dns:///")) target.remove_prefix(7);
    const std::size_t colon = target.rfind(':');
    if (colon == std::string_view::npos || target.find('/') != std::string_view::npos) return;
    host = target.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    for (const char c : target.substr(colon + 1)) {
      if (c < '0' || c > '9' || port > 65535) return;
      port = port * 10 + (c - '0');
    }
  }
  std::string host;
  std::int64_t port = 0;
};

// A span below the one that the metadata names, and put there in its place; empty when that one is
// not recorded.
telemetry::Span BeginSpan(std::string_view method, std::chrono::steady_clock::time_point start,
                          Metadata& metadata) {
  const bool root = metadata.erase(std::string(kRootMark)) > 0;
  const auto named = metadata.find(std::string(telemetry::kTraceparent));
  if (named == metadata.end()) return {};
  const std::optional<telemetry::Traceparent> above = telemetry::ParseTraceparent(named->second);
  if (!above) return {};
  telemetry::TraceContext context;
  context.trace_id = above->trace_id;
  context.flags = above->flags;
  if (!root) context.parent_span_id = above->parent_id;
  const auto state = metadata.find(std::string(telemetry::kTracestate));
  if (state != metadata.end()) context.tracestate = state->second;
  telemetry::FillRandomId(context.span_id);
  telemetry::Span span =
      telemetry::Span::Begin(telemetry::SpanKind::kClient, method, context, start);
  if (span) named->second = context.Traceparent();
  return span;
}

class Observed final : public Interceptor {
 public:
  Observed(telemetry::ClientMethod method, const Address& server)
      : method_(method), server_(server) {
    sync::HandOver(this);
  }
  ~Observed() override { sync::TakeOver(this); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    sync::TakeOver(this);
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA) &&
        telemetry::SpansOfProcess().taking()) {
      span_ = BeginSpan(method_.name(), start_, *methods->GetSendInitialMetadata());
    }
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS)) {
      Finish(static_cast<absl::StatusCode>(methods->GetRecvStatus()->error_code()));
    }
    sync::HandOver(this);
    methods->Proceed();
  }

 private:
  void Finish(absl::StatusCode code) {
    telemetry::RecordClientCall(method_, code, std::chrono::steady_clock::now() - start_);
    if (!span_) return;
    span_.Set("rpc.system.name", "grpc");
    span_.Set("rpc.method", method_.name());
    span_.Set("rpc.response.status_code", telemetry::CodeName(code));
    if (!server_.host.empty()) span_.Set("server.address", server_.host);
    if (server_.port > 0) span_.Set("server.port", server_.port);
    span_.End(code);
  }

  const telemetry::ClientMethod method_;
  const Address& server_;  // the factory's, which lives as long as the channel
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  telemetry::Span span_;
};

class Factory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit Factory(std::string_view server) : server_(server) {}
  Interceptor* CreateClientInterceptor(ClientRpcInfo* info) override {
    // gRPC owns and deletes it with the call. Methods come from our own stubs: a bounded set.
    return new Observed(telemetry::ClientMethod::Of(info->method()), server_);
  }

 private:
  const Address server_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientMetrics(
    std::string server) {
  return std::make_unique<Factory>(server);
}

}  // namespace tokenforge::rpc::internal
