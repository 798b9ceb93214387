// Calls that a handler makes on behalf of the call that it serves: time left, trace, and, when
// asked, the caller's token.
//
// Why: deadlines must shrink on their way, a trace must not break, and no call should leave without
// a deadline.
#pragma once

#include <chrono>
#include <memory>

namespace grpc {
class ClientContext;
class ServerContextBase;
namespace experimental {
class ClientInterceptorFactoryInterface;
}
}  // namespace grpc

namespace tokenforge {

struct OutgoingOptions {
  std::chrono::milliseconds at_most{10000};  // when the caller gave no deadline, or a later one
  bool with_token = false;  // hand on the caller's `authorization`; only to services that need it
};

// A context for one outgoing call: the deadline of `incoming` less a margin (a tenth of what is
// left, at most 50 ms); its trace (traceparent, tracestate, baggage), in which the served call is
// the parent, and its request ID. It is cancelled when the served call is cancelled or ends: who is
// no longer waited for is not worked for, and work that is to outlive the call needs a context of
// its own. On the handler's thread or any other; the outgoing call must begin before the served one
// ends. Works in handler tests too, on a grpc::ServerContext that no server made.
std::unique_ptr<grpc::ClientContext> MakeOutgoing(const grpc::ServerContextBase& incoming,
                                                  const OutgoingOptions& options = {});

// Observes rpc_client_call_duration_seconds of every call of a channel, and records client spans
// when the process exports any (tokenforge/tracing.h): for
// grpc::experimental::CreateCustomChannelWithInterceptors. MakeChannel's have it.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeClientMetrics();

}  // namespace tokenforge
