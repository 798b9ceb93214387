#include "services/auth/discovery.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <initializer_list>

namespace tokenforge::auth {
namespace {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void Put(Writer& writer, const char* key, const std::string& value) {
  writer.Key(key);
  writer.String(value.c_str(), static_cast<rapidjson::SizeType>(value.size()));
}

void Put(Writer& writer, const char* key, std::initializer_list<const char*> values) {
  writer.Key(key);
  writer.StartArray();
  for (const char* value : values) writer.String(value);
  writer.EndArray();
}

std::string_view WithoutScheme(std::string_view issuer) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (issuer.starts_with(scheme)) return issuer.substr(scheme.size());
  }
  return "";
}

}  // namespace

std::string DiscoveryDocument(std::string_view issuer) {
  const std::string base(issuer);
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  Put(writer, "issuer", base);
  Put(writer, "authorization_endpoint", base + "/oauth2/authorize");
  Put(writer, "token_endpoint", base + "/oauth2/token");
  Put(writer, "jwks_uri", base + "/.well-known/jwks.json");
  Put(writer, "response_types_supported", {"none"});
  Put(writer, "subject_types_supported", {"public"});
  Put(writer, "id_token_signing_alg_values_supported", {"RS256", "ES256", "EdDSA"});
  Put(writer, "grant_types_supported", {"refresh_token"});
  Put(writer, "token_endpoint_auth_methods_supported", {"tls_client_auth"});
  Put(writer, "claims_supported",
      {"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid", "client_id", "roles", "scope",
       "email", "auth_time", "amr"});
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string IssuerFault(std::string_view issuer) {
  const std::string_view rest = WithoutScheme(issuer);
  if (rest.empty() || rest.front() == '/') return "must be an http:// or https:// URL";
  if (issuer.back() == '/') return "must not end in a slash";
  if (issuer.find_first_of("?#") != std::string_view::npos) {
    return "must have neither query nor fragment";
  }
  const bool printable = std::all_of(issuer.begin(), issuer.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '\\';
  });
  return printable ? "" : "must be printable ASCII without blanks, quotes and backslashes";
}

std::string IssuerPath(std::string_view issuer) {
  const std::string_view rest = WithoutScheme(issuer);
  const size_t slash = rest.find('/');
  return slash == std::string_view::npos ? "" : std::string(rest.substr(slash));
}

}  // namespace tokenforge::auth
