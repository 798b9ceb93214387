// ServerCall: what a call being served hands on to the calls that it makes: time left, trace, and
// cancellation.
//
// Why: deadlines must shrink on their way, a trace must not break, and a client that went away must
// stop the work done for it. Made on the thread of the handler; a value, copyable, usable from any
// thread until the call has finished.
#pragma once

#include <chrono>

#include "lib/clock/clock.h"
#include "lib/telemetry/trace.h"

namespace grpc {
class CallbackServerContext;
class ClientContext;
class ServerContextBase;
}  // namespace grpc

namespace tokenforge::rpc {

inline constexpr std::chrono::seconds kDefaultDeadline{10};

// When the answer must be there: the client's deadline less a tenth of what is left, at most 50 ms,
// so that on each hop the callee can still say what failed; or `fallback` from now when it sent
// none (or a later one than an hour, which is none).
clock::SteadyTime DeadlineOf(const grpc::ServerContextBase& context,
                             std::chrono::milliseconds fallback = kDefaultDeadline);

// The trace and request ID that came with a call. Malformed ones are ignored, as W3C asks, and made
// anew. A guarded server has put its own span there before the handler runs: that is what a handler
// reads, and what is the parent of whatever it asks for. Without a guard it is the caller's.
telemetry::TraceContext TraceOf(const grpc::ServerContextBase& context);

// Writes `traceparent`, `tracestate`, `baggage` and `x-request-id` into the metadata of an outgoing
// call, which `trace`, the span of a call that is served or of background work, asks for. When
// spans are recorded it is named itself, and the channel puts the span of the call below it
// (client_metrics.h); otherwise a new one is named that nobody records, as W3C asks for.
void PutTrace(const telemetry::TraceContext& trace, grpc::ClientContext& context);

class ServerCall {
 public:
  // For a handler. `context` must live until the call finishes, as gRPC promises.
  explicit ServerCall(const grpc::CallbackServerContext& context,
                      std::chrono::milliseconds fallback = kDefaultDeadline);
  // For work that no call asked for: a poll, a start-up step.
  ServerCall(clock::SteadyTime deadline, telemetry::TraceContext trace);

  clock::SteadyTime deadline() const { return deadline_; }
  const telemetry::TraceContext& trace() const { return trace_; }
  // The call whose cancellation is handed on; null for background work.
  const grpc::CallbackServerContext* context() const { return context_; }
  bool Cancelled() const;

 private:
  const grpc::CallbackServerContext* context_ = nullptr;
  clock::SteadyTime deadline_;
  telemetry::TraceContext trace_;
};

}  // namespace tokenforge::rpc
