#include "services/auth/options.h"

#include <utility>

#include "lib/rpc/peer.h"

namespace tokenforge::auth {

operators::HttpOptions HttpOptionsOf(const Config& config) {
  operators::HttpOptions options;
  options.address = config.http_listen;
  options.threads = static_cast<std::size_t>(config.http_threads);
  options.certificate_file = config.http_tls_cert_file;
  options.key_file = config.http_tls_key_file;
  return options;
}

GuardOptions GuardOptionsOf(const Config& config, std::shared_ptr<Trust> trust) {
  GuardOptions options;
  options.issuer = config.issuer;
  options.audiences = config.audiences;
  options.trust = std::move(trust);
  options.tls = {config.server.tls.cert_file, config.server.tls.key_file,
                 config.server.tls.ca_file};
  options.policy_file = config.server.policy_file;
  return options;
}

absl::StatusOr<PeerRules> PeerRulesOf(const Config& config) {
  const auto own = rpc::SpiffeIdOfCertificateFile(config.server.tls.cert_file);
  if (!own.ok()) return own.status();
  auto tokens = ServiceTokenRules::Parse(config.audiences, config.service_token_scopes,
                                         config.service_token_audiences, own->trust_domain());
  if (!tokens.ok()) return tokens.status();
  auto proxies = TrustedProxies::Parse(config.trusted_proxies, own->trust_domain());
  if (!proxies.ok()) return proxies.status();
  return PeerRules{*std::move(tokens), *std::move(proxies)};
}

}  // namespace tokenforge::auth
