#include "services/auth/well_known.h"

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "services/auth/discovery.h"

namespace tokenforge::auth {
namespace {

using operators::HttpRequest;
using operators::HttpResponse;

constexpr std::string_view kCacheControl = "public, max-age=300, stale-if-error=86400";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::string EtagOf(const std::string& body) {
  const secret::Digest digest = secret::Sha256(body);
  const std::string_view bytes = secret::AsBytes(digest).substr(0, 16);
  return '"' + absl::BytesToHexString({bytes.data(), bytes.size()}) + '"';
}

// A document that may be cached, or 304 for a client that has it.
HttpResponse Document(const HttpRequest& request, std::string_view type, const std::string& body,
                      const std::string& etag) {
  HttpResponse response;
  response.headers = {{"Cache-Control", std::string(kCacheControl)},
                      {"ETag", etag},
                      {"Access-Control-Allow-Origin", "*"},  // nothing in it is secret
                      {"X-Content-Type-Options", "nosniff"}};
  if (MatchesEtag(request.Header("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", std::string(type));
  response.body = body;
  return response;
}

HttpResponse Refusal(int status, const std::string& error, const std::string& description) {
  HttpResponse response;
  response.status = status;
  response.headers = {{"Cache-Control", "no-store"}, {"Content-Type", "application/json"}};
  response.body = R"({"error":")" + error + R"(","error_description":")" + description + R"("})";
  return response;
}

HttpResponse Jwks(const TrustHub& hub, const HttpRequest& request) {
  const auto keys = hub.Keys();
  if (keys == nullptr) {
    HttpResponse response =
        Refusal(503, "temporarily_unavailable", "no signing key is known yet: try again");
    response.headers.emplace_back("Retry-After", "1");
    return response;
  }
  return Document(request, "application/jwk-set+json", keys->jwks, keys->etag);
}

}  // namespace

void ServeWellKnown(operators::HttpServer& server, const TrustHub& hub, const std::string& issuer) {
  const std::string path = IssuerPath(issuer);
  const std::string document = DiscoveryDocument(issuer);
  const auto discovery = [document, etag = EtagOf(document)](const HttpRequest& request) {
    return Document(request, "application/json", document, etag);
  };
  server.Handle(path + "/.well-known/jwks.json",
                [&hub](const HttpRequest& request) { return Jwks(hub, request); });
  server.Handle(path + "/.well-known/openid-configuration", discovery);
  // RFC 8414 puts the issuer's path behind the well-known name, OpenID Connect before it.
  server.Handle("/.well-known/oauth-authorization-server" + path, discovery);
  server.Handle(path + "/oauth2/authorize", [](const HttpRequest&) {
    return Refusal(400, "unsupported_response_type",
                   "TokenForge has no browser flow: log in over gRPC (AuthService.Login)");
  });
  server.Handle(path + "/oauth2/token", [](const HttpRequest&) {
    return Refusal(400, "unsupported_grant_type",
                   "TokenForge hands out tokens over gRPC (AuthService.Login and Refresh)");
  });
}

bool MatchesEtag(std::string_view if_none_match, std::string_view etag) {
  std::string_view rest = if_none_match;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');  // our tags hold none
    std::string_view candidate = Trimmed(rest.substr(0, comma));
    if (candidate == "*") return true;
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return false;
}

}  // namespace tokenforge::auth
