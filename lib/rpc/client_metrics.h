// rpc_client_call_duration_seconds for every call of a channel. Internal to lib/rpc.
#pragma once

#include <grpcpp/support/client_interceptor.h>

#include <memory>

namespace tokenforge::rpc::internal {

// A factory for one channel; its interceptors observe and never change a call.
std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientMetrics();

}  // namespace tokenforge::rpc::internal
