#include "tokenforge/caller.h"

#include <algorithm>

#include "interceptors/caller_maker.h"
#include "lib/rpc/spiffe.h"

namespace tokenforge {
namespace {

// What a caller without a token claims: nothing.
const VerifiedClaims& NoClaims() {
  static const VerifiedClaims* const none = new VerifiedClaims;
  return *none;
}

const std::string& NoPeer() {
  static const std::string* const none = new std::string;
  return *none;
}

const VerifiedClaims& Of(const std::shared_ptr<const VerifiedClaims>& claims) {
  return claims ? *claims : NoClaims();
}

bool Holds(const std::vector<std::string>& values, std::string_view wanted) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

}  // namespace

const std::string& Caller::peer() const { return peer_ ? *peer_ : NoPeer(); }
const std::string& Caller::subject() const { return Of(claims_).subject; }
const std::string& Caller::session_id() const { return Of(claims_).session_id; }
const std::string& Caller::token_id() const { return Of(claims_).token_id; }
const std::string& Caller::client_id() const { return Of(claims_).client_id; }
const std::string& Caller::email() const { return Of(claims_).email; }
const std::string& Caller::issuer() const { return Of(claims_).issuer; }
const std::string& Caller::key_id() const { return Of(claims_).key_id; }
const std::vector<std::string>& Caller::audiences() const { return Of(claims_).audiences; }
const std::vector<std::string>& Caller::roles() const { return Of(claims_).roles; }
const std::vector<std::string>& Caller::scopes() const { return Of(claims_).scopes; }
const std::vector<std::string>& Caller::authentication_methods() const {
  return Of(claims_).authentication_methods;
}
Caller::Time Caller::issue_time() const { return Of(claims_).issue_time; }
Caller::Time Caller::not_before_time() const { return Of(claims_).not_before_time; }
Caller::Time Caller::expire_time() const { return Of(claims_).expire_time; }
Caller::Time Caller::authentication_time() const { return Of(claims_).authentication_time; }

bool Caller::HasRole(std::string_view role) const { return Holds(roles(), role); }
bool Caller::HasScope(std::string_view scope) const { return Holds(scopes(), scope); }

namespace internal {

Caller CallerMaker::Make(std::shared_ptr<const VerifiedClaims> claims,
                         std::shared_ptr<const std::string> peer) {
  Caller caller;
  if (claims) {
    // A service's subject is its SPIFFE ID, and it has no session. Users have UUIDs, so no user can
    // be named like a service (RFC 9068 section 5: no collisions).
    const bool service = claims->session_id.empty() && claims->subject.starts_with("spiffe://") &&
                         rpc::SpiffeId::Parse(claims->subject).ok();
    caller.kind_ = service ? Caller::Kind::kService : Caller::Kind::kUser;
  } else if (peer) {
    caller.kind_ = Caller::Kind::kPeer;
  }
  caller.claims_ = std::move(claims);
  caller.peer_ = std::move(peer);
  return caller;
}

}  // namespace internal
}  // namespace tokenforge
