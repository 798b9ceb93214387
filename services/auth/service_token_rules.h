// ServiceTokenRules: which services may have which tokens of their own.
//
// Every peer of the trust domain may prove itself to the audiences that the façade's users get
// tokens for; scopes, and any other audience, are given by configuration only. An empty
// configuration gives nothing. Immutable, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/rpc/spiffe.h"

namespace tokenforge::auth {

class ServiceTokenRules {
 public:
  // Entries are "PEER=NAME", where PEER is a SPIFFE ID or a path in `trust_domain`, which may have
  // wildcards (rpc::SpiffePattern). INVALID_FIELD names every entry that is no good.
  static absl::StatusOr<ServiceTokenRules> Parse(const std::vector<std::string>& own_audiences,
                                                 const std::vector<std::string>& scope_entries,
                                                 const std::vector<std::string>& audience_entries,
                                                 std::string_view trust_domain);

  bool AllowsScope(const rpc::SpiffeId& peer, std::string_view scope) const;
  bool AllowsAudience(const rpc::SpiffeId& peer, std::string_view audience) const;

 private:
  struct Entry {
    rpc::SpiffePattern peer;
    std::string name;
  };
  using Entries = std::vector<Entry>;
  ServiceTokenRules() = default;
  static bool Allows(const Entries& entries, const rpc::SpiffeId& peer, std::string_view name);

  std::vector<std::string> own_audiences_;
  Entries scopes_;
  Entries audiences_;
};

// A scope (RFC 6749 section 3.3) or an audience as tokens may hold it: printable ASCII without
// blanks, quotes and backslashes.
bool IsTokenName(std::string_view text, std::size_t limit);

}  // namespace tokenforge::auth
