#include "services/auth/config.h"

#include <algorithm>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/rpc/target.h"
#include "services/auth/discovery.h"
#include "services/auth/service_token_rules.h"
#include "services/auth/trusted_proxies.h"

namespace tokenforge::auth {
namespace {

using std::chrono::milliseconds;

// An audience is one value of a claim and must not be mistaken for two.
bool IsAudience(const std::string& text) {
  return !text.empty() && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

std::vector<std::string> Mistakes(const Config& config) {
  std::vector<std::string> mistakes;
  if (const std::string fault = IssuerFault(config.issuer); !fault.empty()) {
    mistakes.push_back("issuer " + fault);
  }
  if (config.audiences.empty() || config.audiences.size() > 16 ||
      !std::all_of(config.audiences.begin(), config.audiences.end(), IsAudience)) {
    mistakes.emplace_back("audiences must be 1 to 16 names of printable ASCII without blanks");
  }
  if (config.http_tls_cert_file.empty() != config.http_tls_key_file.empty()) {
    mistakes.emplace_back("http-tls-cert-file and http-tls-key-file go together");
  }
  for (const std::string& fault : {rpc::TargetFault("users-address", config.users_address),
                                   rpc::TargetFault("keys-address", config.keys_address),
                                   rpc::TargetFault("sessions-address", config.sessions_address)}) {
    if (!fault.empty()) mistakes.push_back(fault);
  }
  const auto rules = ServiceTokenRules::Parse(config.audiences, config.service_token_scopes,
                                              config.service_token_audiences, "any.trust.domain");
  const auto proxies = TrustedProxies::Parse(config.trusted_proxies, "any.trust.domain");
  for (const absl::Status& status : {rules.status(), proxies.status()}) {
    for (const errors::FieldFault& fault : errors::FaultsOf(status)) {
      mistakes.push_back(fault.field + " " + fault.description);
    }
  }
  return mistakes;
}

}  // namespace

void Declare(config::Parser& parser, Config* config) {
  rpc::Declare(parser, &config->server, "127.0.0.1:7443", "127.0.0.1:9443");

  parser.Group("Well-known documents over HTTP");
  parser.Address("http-listen", &config->http_listen, "127.0.0.1:7080",
                 "Where to serve /.well-known/jwks.json and discovery");
  parser.FileThatExists("http-tls-cert-file", &config->http_tls_cert_file, "",
                        "Certificate chain for HTTPS, PEM; without it plain HTTP");
  parser.FileThatExists("http-tls-key-file", &config->http_tls_key_file, "",
                        "Its private key, PEM");
  parser.Integer("http-threads", &config->http_threads, 8,
                 "How many HTTP connections are served at once", 1, 256);

  parser.Group("Status page");
  parser.FileThatExists("status-token-file", &config->status_token_file, "",
                        "Token (32 to 256 characters) that /status on the operators' port asks "
                        "for; without it there is no such page");

  parser.Group("Tokens");
  parser.String("issuer", &config->issuer, "http://127.0.0.1:7080",
                "The `iss` of access tokens: the URL under which the HTTP documents are reached");
  parser.StringList("audiences", &config->audiences, {"tokenforge"}, "The `aud` of access tokens");
  parser.StringList("service-token-scopes", &config->service_token_scopes, {},
                    "Scopes that services may have in tokens of their own, as PEER=SCOPE: a SPIFFE "
                    "ID, or a path in our trust domain such as /jobs/*");
  parser.StringList("service-token-audiences", &config->service_token_audiences, {},
                    "Audiences that services may have such tokens for besides --audiences, as "
                    "PEER=AUDIENCE");

  parser.Group("Registration");
  parser.Choice("registration", &config->registration, {"open", "private"}, "open",
                "open tells whoever registers that an address is taken; private answers alike, "
                "without tokens, and mails the address' owner");

  parser.Group("Overload");
  parser.Integer("max-passwords", &config->max_passwords, 64,
                 "Calls that cost a password hash (logins, registrations, changes) under way at "
                 "once, half of them from one address; more are OVERLOADED",
                 2, 100'000);

  parser.Group("Where calls come from");
  parser.StringList("trusted-proxies", &config->trusted_proxies, {},
                    "Whose x-forwarded-for says where a call comes from: SPIFFE IDs of gateways, "
                    "paths in our trust domain such as /gateway, addresses and CIDR blocks");

  parser.Group("Services behind the façade");
  parser.String("users-address", &config->users_address, "127.0.0.1:7444",
                "gRPC name of the users service, or the addresses of its replicas, with commas");
  parser.String("users-identity", &config->users_identity, "/users",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("keys-address", &config->keys_address, "127.0.0.1:7445",
                "gRPC name of the keys service, or the addresses of its replicas, with commas");
  parser.String("keys-identity", &config->keys_identity, "/keys",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("sessions-address", &config->sessions_address, "127.0.0.1:7446",
                "gRPC name of the sessions service, or the addresses of its replicas, with commas");
  parser.String("sessions-identity", &config->sessions_identity, "/sessions",
                "Its SPIFFE ID, or its path in our trust domain");

  breaker::Declare(parser, &config->circuit);

  parser.Group("Trust feed");
  parser.Duration("revoked-key-life", &config->revoked_key_life, milliseconds(31 * 60 * 1000),
                  "How long guards are told to refuse a revoked key: at least twice the life of an "
                  "access token and the leeway",
                  milliseconds(60'000), milliseconds(48 * 3600 * 1000LL));

  parser.Check([config] { return Mistakes(*config); });
}

}  // namespace tokenforge::auth
