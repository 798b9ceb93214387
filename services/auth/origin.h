// Origin: where a call comes from, as far as the connection proves it, or a trusted proxy says it.
//
// A value made on the handler's thread; usable until the call has finished.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/rpc/server_call.h"
#include "services/auth/ip_address.h"

namespace tokenforge::auth {

class TrustedProxies;

struct Origin {
  rpc::ServerCall call;
  std::string
      client_id;        // the SPIFFE ID of the client certificate; empty on a plaintext connection
  std::string address;  // of the person's device, IPv4 or IPv6; empty on a unix socket
  // Whose bucket its guesses come out of: IpAddress::subscriber, or the client's SPIFFE ID when the
  // connection has no address. Never empty for a call that RequirePeer lets through. Never what a
  // request says (device.ip_address): an attacker would write a fresh one each time.
  std::string subscriber;

  Origin(const grpc::CallbackServerContext& context, const TrustedProxies& proxies);
  Origin(rpc::ServerCall served, std::string client, const std::optional<IpAddress>& caller);

  // PEER_NOT_ALLOWED without a client certificate: every token names the service that asked for it.
  absl::Status RequirePeer() const;
};

// The address in gRPC's name of a peer: "ipv4:192.0.2.1:5123", "ipv6:%5B2001:db8::1%5D:5123".
// Nothing for anything else.
std::optional<IpAddress> AddressOfPeer(std::string_view peer);

}  // namespace tokenforge::auth
