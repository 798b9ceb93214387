// CallerMaker: the only way to a Caller that says anything; only the guard includes this header.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "tokenforge/caller.h"

namespace tokenforge {

// What a verified access token says (RFC 9068). Only the verifier makes these; immutable
// afterwards.
struct VerifiedClaims {
  std::string subject, session_id, token_id, client_id, email, issuer, key_id;
  std::vector<std::string> audiences, roles, scopes, authentication_methods;
  Caller::Time issue_time{}, not_before_time{}, expire_time{}, authentication_time{};
};

namespace internal {

class CallerMaker {
 public:
  // `claims` and `peer` may be null: then nothing of the kind was proven.
  static Caller Make(std::shared_ptr<const VerifiedClaims> claims,
                     std::shared_ptr<const std::string> peer);
  // Null without a token.
  static const std::shared_ptr<const VerifiedClaims>& ClaimsOf(const Caller& caller) {
    return caller.claims_;
  }
};

}  // namespace internal
}  // namespace tokenforge
