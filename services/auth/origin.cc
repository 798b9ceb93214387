#include "services/auth/origin.h"

#include <grpcpp/server_context.h>

#include "lib/errors/errors.h"
#include "services/auth/trusted_proxies.h"
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

std::vector<std::string_view> ForwardedFor(const grpc::CallbackServerContext& context) {
  std::vector<std::string_view> values;
  const auto [begin, end] = context.client_metadata().equal_range("x-forwarded-for");
  for (auto value = begin; value != end; ++value) {
    values.emplace_back(value->second.data(), value->second.size());
  }
  return values;
}

std::optional<IpAddress> CallerBehind(const grpc::CallbackServerContext& context,
                                      const TrustedProxies& proxies) {
  return proxies.CallerBehind({AddressOfPeer(context.peer()), CallerOf(context).peer()},
                              ForwardedFor(context));
}

}  // namespace

Origin::Origin(const grpc::CallbackServerContext& context, const TrustedProxies& proxies)
    : Origin(rpc::ServerCall(context), CallerOf(context).peer(), CallerBehind(context, proxies)) {}

Origin::Origin(rpc::ServerCall served, std::string client, const std::optional<IpAddress>& caller)
    : call(std::move(served)),
      client_id(std::move(client)),
      address(caller ? caller->text() : ""),
      subscriber(caller ? caller->subscriber() : client_id) {}

absl::Status Origin::RequirePeer() const {
  if (!client_id.empty()) return absl::OkStatus();
  return errors::Make(errors::reasons::PEER_NOT_ALLOWED,
                      "this method is open to services with a client certificate only");
}

std::optional<IpAddress> AddressOfPeer(std::string_view peer) {
  const std::string text = DecodePercent(peer);
  std::string host;
  if (text.starts_with("ipv4:")) {
    host = text.substr(5, text.rfind(':') - 5);
  } else if (text.starts_with("ipv6:[")) {
    host = text.substr(6, text.find(']') - 6);
    host = host.substr(0, host.find('%'));  // a zone is of this machine only
  }
  return IpAddress::Parse(host);
}

}  // namespace tokenforge::auth
