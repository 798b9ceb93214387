// AccessRule: who may call a method, as a value: what a rule in a proto (access.proto) or an entry
// of a policy file says, and what GuardOptions::rules says for methods whose proto cannot say it.
//
// All conditions that are given must hold, token first. A rule that gives none is a mistake, not an
// open door: say kPublic. A plain value.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace tokenforge {

struct AccessRule {
  enum class Access {
    kUnspecified,    // follows from the rest: a token when roles, scopes or an audience are given
    kPublic,         // no token is needed, and one that is sent is not looked at
    kAuthenticated,  // a valid access token
  };
  Access access = Access::kUnspecified;
  std::vector<std::string> any_role;    // the token has one of these roles
  std::vector<std::string> all_scopes;  // the token has every one of these scopes
  std::vector<std::string> peers;       // SPIFFE IDs, or paths in the server's trust domain
  std::string audience;  // the token's `aud` holds it, instead of one of the server's
  bool fresh = false;    // refuse once the trust feed is silent (TRUST_STALE)
  // How old the knowledge about tokens may be, instead of GuardOptions::max_stale; 0: any age.
  std::optional<std::chrono::seconds> max_stale;

  friend bool operator==(const AccessRule&, const AccessRule&) = default;
};

}  // namespace tokenforge
