#include "tokenforge/outgoing.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <algorithm>

#include "lib/rpc/client_metrics.h"
#include "lib/rpc/server_call.h"

namespace tokenforge {
namespace {

// The time that is left, less what it takes to answer our own caller.
std::chrono::steady_clock::duration TimeLeft(const grpc::ServerContextBase& incoming,
                                             std::chrono::milliseconds at_most) {
  const auto left = rpc::DeadlineOf(incoming, at_most) - std::chrono::steady_clock::now();
  return std::min<std::chrono::steady_clock::duration>(left, at_most);
}

}  // namespace

std::unique_ptr<grpc::ClientContext> MakeOutgoing(const grpc::ServerContextBase& incoming,
                                                  const OutgoingOptions& options) {
  // Handed on by gRPC: that the served call was cancelled. The deadline is ours to set.
  grpc::PropagationOptions propagation;
  propagation.disable_deadline_propagation();
  std::unique_ptr<grpc::ClientContext> outgoing =
      grpc::ClientContext::FromServerContext(incoming, propagation);
  outgoing->set_deadline(std::chrono::system_clock::now() +
                         std::chrono::duration_cast<std::chrono::system_clock::duration>(
                             TimeLeft(incoming, options.at_most)));
  rpc::PutTrace(rpc::TraceOf(incoming), *outgoing);
  if (options.with_token) {
    // Of two nobody can say which one the guard would have looked at.
    const auto [token, last] = incoming.client_metadata().equal_range("authorization");
    if (token != last && std::next(token) == last) {
      outgoing->AddMetadata("authorization", {token->second.data(), token->second.size()});
    }
  }
  return outgoing;
}

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> MakeClientMetrics() {
  return rpc::internal::ClientMetrics();
}

}  // namespace tokenforge
