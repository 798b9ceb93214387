// Origin: where a call comes from, as far as the connection proves it.
//
// A value made on the handler's thread; usable until the call has finished.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/rpc/server_call.h"

namespace tokenforge::auth {

struct Origin {
  rpc::ServerCall call;
  std::string
      client_id;        // the SPIFFE ID of the client certificate; empty on a plaintext connection
  std::string address;  // textual IPv4 or IPv6; empty when the connection has none (a unix socket)

  explicit Origin(const grpc::CallbackServerContext& context);
  Origin(rpc::ServerCall served, std::string client, std::string ip)
      : call(std::move(served)), client_id(std::move(client)), address(std::move(ip)) {}

  // PEER_NOT_ALLOWED without a client certificate: every token names the service that asked for it.
  absl::Status RequirePeer() const;
};

// The address in gRPC's name of a peer: "ipv4:192.0.2.1:5123", "ipv6:%5B2001:db8::1%5D:5123". Empty
// for anything else.
std::string AddressOfPeer(std::string_view peer);

}  // namespace tokenforge::auth
