// TrustedProxies: whose word about the address of the person behind a call is taken.
//
// Why: most people reach the façade through a gateway. Counted by the connection, all of them would
// share one bucket; counted by whatever `x-forwarded-for` says, an attacker would write a fresh
// address on every guess. So the header counts only when the other end of the connection is a
// trusted proxy, and only as far to the left as trusted proxies wrote it.
//
// A proxy is trusted by the SPIFFE ID of its client certificate, which it proves (the right way for
// a gateway), or by its address (for the load balancers in front of the gateway, which appear in
// the header only). Whoever is trusted may claim any address: name few.
//
// Immutable after Parse; pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/rpc/spiffe.h"
#include "services/auth/ip_address.h"

namespace tokenforge::auth {

class TrustedProxies {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 1024;
  static constexpr int kMaxHops = 16;  // that are proxies, each looked at

  TrustedProxies() = default;  // trusts nobody

  // Each entry is a SPIFFE ID, a path in our trust domain ("/gateway", "/gateways/*"), an address
  // or a CIDR block. INVALID_FIELD on `trusted-proxies` with every entry that is none of these, or
  // that would trust everybody (a first segment "*" or "**", a prefix of length 0).
  static absl::StatusOr<TrustedProxies> Parse(const std::vector<std::string>& entries,
                                              std::string_view own_trust_domain);

  // Who holds the other end of a connection.
  struct Peer {
    std::optional<IpAddress> address;  // none on a unix socket
    std::string spiffe_id;             // of the client certificate; empty without one
  };

  // Where a call comes from: the address of its peer, or, when that is a trusted proxy, the
  // right-most address in `x-forwarded-for` that is none. When every address in the header is a
  // proxy's, the left-most: the call began there.
  //
  // `headers` are all values that came under that name. Elements are addresses, with or without a
  // port ("192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80"), separated by commas.
  // Anything else that the walk meets (a name, `unknown`, an empty element), more than one value, a
  // value over kMaxHeaderBytes or more than kMaxHops proxies: the peer, never a guess. What stands
  // further to the left than the answer is the client's own text and is not looked at, so junk
  // there helps nobody out of their bucket.
  std::optional<IpAddress> CallerBehind(const Peer& peer,
                                        const std::vector<std::string_view>& headers) const;

 private:
  bool Trusts(const Peer& peer) const;
  bool IsProxy(const IpAddress& address) const;

  std::vector<rpc::SpiffePattern> identities_;
  std::vector<IpRange> ranges_;
};

}  // namespace tokenforge::auth
