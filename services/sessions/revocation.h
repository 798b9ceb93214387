// Revocation: one thing that guards must refuse until an instant (contract, section 5). A value.
#pragma once

#include <compare>
#include <string>

#include "services/sessions/session_rules.h"

namespace tokenforge::sessions {

struct Revocation {
  enum class Kind : char {
    kToken = 'j',    // the access token with this `jti`
    kSession = 's',  // every access token with this `sid`
    kUser = 'u',     // every access token with this `sub` that was issued before an instant
  };
  Kind kind = Kind::kSession;
  std::string id;      // jti, session ID or user ID, as text
  Time issued_before;  // of kUser
  Time end;            // from then on it no longer matters: the tokens have expired

  friend auto operator<=>(const Revocation&, const Revocation&) = default;
};

}  // namespace tokenforge::sessions
