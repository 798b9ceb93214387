#include "services/auth/origin.h"

#include <arpa/inet.h>
#include <grpcpp/server_context.h>

#include "lib/errors/errors.h"
#include "services/auth/validation.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {
namespace {

// gRPC percent-encodes the brackets and the zone's sign of an IPv6 address.
std::string DecodePercent(std::string_view text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view escape = text.substr(i, 3);
    if (escape == "%5B") {
      decoded += '[';
      i += 2;
    } else if (escape == "%5D") {
      decoded += ']';
      i += 2;
    } else if (escape == "%25") {
      decoded += '%';
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

}  // namespace

Origin::Origin(const grpc::CallbackServerContext& context)
    : call(context), client_id(CallerOf(context).peer()), address(AddressOfPeer(context.peer())) {}

absl::Status Origin::RequirePeer() const {
  if (!client_id.empty()) return absl::OkStatus();
  return errors::Make(errors::reasons::PEER_NOT_ALLOWED,
                      "this method is open to services with a client certificate only");
}

std::string AddressOfPeer(std::string_view peer) {
  const std::string text = DecodePercent(peer);
  std::string host;
  if (text.starts_with("ipv4:")) {
    host = text.substr(5, text.rfind(':') - 5);
  } else if (text.starts_with("ipv6:[")) {
    host = text.substr(6, text.find(']') - 6);
    host = host.substr(0, host.find('%'));  // a zone is of this machine only
  }
  return IsIpAddress(host) ? host : "";
}

}  // namespace tokenforge::auth
