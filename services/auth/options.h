// What the parts that the façade is made of are configured with, out of its Config.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "lib/operators/http_server.h"
#include "services/auth/config.h"
#include "services/auth/service_token_rules.h"
#include "services/auth/trusted_proxies.h"
#include "tokenforge/guard.h"

namespace tokenforge::auth {

operators::HttpOptions HttpOptionsOf(const Config& config);
GuardOptions GuardOptionsOf(const Config& config, std::shared_ptr<Trust> trust);

// What is configured about callers by name, read in the trust domain of our own certificate.
struct PeerRules {
  ServiceTokenRules service_tokens;
  TrustedProxies proxies;
};

// INVALID_FIELD: an entry that is none; PEER_NOT_ALLOWED: our certificate is no X509-SVID.
absl::StatusOr<PeerRules> PeerRulesOf(const Config& config);

}  // namespace tokenforge::auth
