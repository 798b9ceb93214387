#include "lib/rpc/server_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <algorithm>
#include <utility>

#include "lib/telemetry/span_queue.h"

namespace tokenforge::rpc {

namespace {
constexpr std::chrono::hours kLongest{1};
// Time to turn the answer, or its absence, into an answer of our own.
constexpr std::chrono::milliseconds kMargin{50};
}  // namespace

clock::SteadyTime DeadlineOf(const grpc::ServerContextBase& context,
                             std::chrono::milliseconds fallback) {
  // gRPC tells deadlines by the wall clock, and none as its far end: compare before subtracting.
  const auto wall_now = std::chrono::system_clock::now();
  const auto deadline = context.deadline();
  const auto steady_now = std::chrono::steady_clock::now();
  if (deadline > wall_now + kLongest) return steady_now + fallback;
  const auto left = std::max(std::chrono::system_clock::duration(0), deadline - wall_now);
  return steady_now + (left - std::min<std::chrono::system_clock::duration>(kMargin, left / 10));
}

telemetry::TraceContext TraceOf(const grpc::ServerContextBase& context) {
  telemetry::TraceHeaders headers;
  for (const auto& [name, value] : context.client_metadata()) {
    headers.Add({name.data(), name.size()}, {value.data(), value.size()});
  }
  return headers.Named();
}

void PutTrace(const telemetry::TraceContext& trace, grpc::ClientContext& context) {
  const bool recorded = (trace.flags & telemetry::TraceContext::kSampled) != 0 &&
                        telemetry::SpansOfProcess().taking();
  const auto headers = recorded ? trace.Headers() : trace.Child().Headers();
  for (const auto& [name, value] : headers) context.AddMetadata(name, value);
}

ServerCall::ServerCall(const grpc::CallbackServerContext& context,
                       std::chrono::milliseconds fallback)
    : context_(&context), deadline_(DeadlineOf(context, fallback)), trace_(TraceOf(context)) {}

ServerCall::ServerCall(clock::SteadyTime deadline, telemetry::TraceContext trace)
    : deadline_(deadline), trace_(std::move(trace)) {}

bool ServerCall::Cancelled() const { return context_ != nullptr && context_->IsCancelled(); }

}  // namespace tokenforge::rpc
