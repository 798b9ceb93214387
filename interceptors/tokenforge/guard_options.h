// GuardOptions: what a Guard is told when it is made (tokenforge/guard.h).
//
// A plain value. Guard::Start checks it whole and names everything that is wrong at once.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tokenforge/access_rule.h"
#include "tokenforge/credentials.h"
#include "tokenforge/trust.h"

namespace tokenforge {

// Another issuer whose tokens are accepted beside the guard's own. Its keys verify its own tokens
// and nobody else's, and it vouches for what they say: check Caller::issuer where it matters, since
// a subject is only unique within its issuer.
struct TrustedIssuer {
  std::string issuer;                  // exactly its tokens' `iss`
  std::vector<std::string> audiences;  // what its tokens may be for; rules choose among these
  // Where its keys come from: one of the three, as in GuardOptions.
  std::string facade_address;
  std::string facade_identity = "/auth";
  std::string jwks_file;
  std::shared_ptr<Trust> trust;
};

struct GuardOptions {
  // --- Tokens. Needed when a rule asks for one.
  std::string issuer;                  // exactly the tokens' `iss`
  std::vector<std::string> audiences;  // a token's `aud` must hold one of them
  std::chrono::seconds leeway{30};     // for clocks that differ

  // --- Where keys and revocations come from: one of the three.
  // The suite's façade, listened to over mTLS: one gRPC name, "auth:7443", all of whose addresses
  // are used, or the addresses of its replicas, "10.0.0.1:7443,10.0.0.2:7443".
  std::string facade_address;
  std::string facade_identity = "/auth";  // its SPIFFE ID, or its path in our own trust domain
  std::string jwks_file;                  // a JWK Set, read again when it changes; no revocations
  std::shared_ptr<Trust> trust;           // in process

  std::vector<TrustedIssuer> more_issuers;  // beside ours, when there are any

  // --- mTLS: who we are to the façade. Our trust domain completes `peers` that are paths.
  MtlsFiles tls;
  std::string trust_domain;  // when there is no certificate to take it from, or another is meant

  // --- How old knowledge may be.
  std::chrono::seconds fresh_within{30};         // for methods marked `fresh`
  std::chrono::seconds max_stale{24 * 60 * 60};  // for all others; 0: for ever

  // --- Rules beside those in the protos.
  // An overlay that operators may change while the server runs (docs/guard.md has its form). Read
  // again when it changes; while it has faults the last good one stays. Every override is logged.
  std::string policy_file;
  // Rules for methods whose proto cannot say them: foreign protos without options, and generic
  // services. By "pkg.Service/Method", "pkg.Service", or "*" for whatever else a generic service
  // is asked for. A method that has a rule in its proto may not stand here.
  std::map<std::string, AccessRule> rules;

  // --- What may be served without a rule.
  // grpc.health.v1.Health and grpc.reflection.*, when the builder has them, are open: they tell
  // nothing that a caller could not find out by calling. False: a server that has them unprotected
  // does not start; protect your own with Protect and `rules`.
  bool open_health = true;
  bool open_reflection = true;
  // The builder's generic service calls Guard::Check itself; without this it does not start.
  bool generic_checks = false;
  bool allow_unguarded = false;  // accept whatever else the builder got past the guard

  // --- The rest.
  std::string guard_id;               // our name in the façade's books; empty: the host's name
  TrustOptions trust_options;         // of the trust that the guard makes itself
  std::size_t cached_tokens = 65536;  // verified tokens remembered; 0: none
};

}  // namespace tokenforge
