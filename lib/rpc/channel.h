// A channel to another service: mTLS with an expected identity, all its replicas, and nothing
// unbounded.
//
// round_robin over every address, client health checking (a draining replica is left before it
// shuts down), keepalive, bounded messages, and retries of UNAVAILABLE and CANCELLED for the
// methods named idempotent only. Channels are thread-safe and meant to live as long as the process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/rpc/tls.h"

namespace grpc {
class Channel;
}

namespace tokenforge::rpc {

struct ChannelOptions {
  // Full names, "tokenforge.keys.v1.KeyService/GetJwks": safe to send twice.
  std::vector<std::string> idempotent_methods = {};
  bool health_checking = true;  // off for servers without grpc.health.v1
  int max_request_bytes = 1 << 20;
  int max_response_bytes = 4 << 20;
};

// `target` is a gRPC name such as "dns:///keys.tokenforge.svc:7445", or the addresses of several
// replicas: lib/rpc/target.h. `server` is the expected SPIFFE ID: an ID, or a path in our own trust
// domain such as "/keys". Connects when first used. INVALID_FIELD: bad files (CheckTlsFiles),
// pattern, addresses, or method name.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& target,
                                                       const TlsFiles& files,
                                                       std::string_view server,
                                                       const ChannelOptions& options = {});

// The service config that Connect gives to gRPC, as JSON; separate so that tests and operators can
// read it.
std::string ServiceConfigJson(const ChannelOptions& options);

}  // namespace tokenforge::rpc
