// The HTTP side of the façade: the key set and the discovery documents, for standard clients.
//
//   /.well-known/jwks.json                  the trusted public keys; 503 until they are known, then
//   from memory
//   /.well-known/openid-configuration       discovery (OpenID Connect Discovery 1.0 section 4)
//   /.well-known/oauth-authorization-server the same document (RFC 8414 section 3)
//   /oauth2/authorize, /oauth2/token        say that tokens are handed out over gRPC
//
// Documents carry a strong ETag and answer If-None-Match with 304 (RFC 9110 section 13.1.2).
#pragma once

#include <string>

#include "lib/operators/http_server.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {

// Adds the paths to a server that has not started. The hub outlives the server.
void ServeWellKnown(operators::HttpServer& server, const TrustHub& hub, const std::string& issuer);

// Whether an If-None-Match header names this strong entity tag; weak comparison, as section 13.1.2
// asks.
bool MatchesEtag(std::string_view if_none_match, std::string_view etag);

}  // namespace tokenforge::auth
