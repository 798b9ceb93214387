// The discovery document: what standard clients learn about this issuer (OpenID Connect
// Discovery 1.0 section 3, RFC 8414 section 2).
//
// It holds every member that the standards require, and says only what is true: tokens are handed
// out over gRPC, so the authorization and token endpoints exist only to say so (well_known.h), and
// the one response type offered is `none`. What clients come for is `issuer` and `jwks_uri`. Pure
// functions.
#pragma once

#include <string>
#include <string_view>

namespace tokenforge::auth {

// `issuer` is an http(s) URL without a trailing slash.
std::string DiscoveryDocument(std::string_view issuer);

// What is wrong with an issuer, for a configuration mistake; empty when nothing is.
std::string IssuerFault(std::string_view issuer);

// The path of an issuer's URL, before "/.well-known/…": empty for most.
std::string IssuerPath(std::string_view issuer);

}  // namespace tokenforge::auth
