// What is seen of the calls of a channel: rpc_client_call_duration_seconds, and a client span of
// each call that belongs to a sampled trace. Internal to lib/rpc.
//
// Who makes a call puts its own span into `traceparent` (PutTrace). With a client span in between,
// the interceptor puts that one there instead: it is then the parent of the server's. Without one
// (nothing is exported, the trace is not sampled, no traceparent) the metadata stays as it is.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>
#include <string>
#include <string_view>

namespace tokenforge::rpc::internal {

// Metadata that never leaves the process: the call's traceparent names no span of anybody, it only
// says which trace is to begin with the client span. For work that no call asked for.
inline constexpr std::string_view kRootMark = "tokenforge-root";

// A factory for one channel. `server`: host:port for the span's server.address; empty: not known.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientMetrics(
    std::string server = {});

}  // namespace tokenforge::rpc::internal
