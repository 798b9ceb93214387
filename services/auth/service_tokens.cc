#include "services/auth/service_tokens.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/auth/outward.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
constexpr std::size_t kMaxAudience = 256;
constexpr std::size_t kMaxScope = 64;
constexpr int kMaxScopes = 64;

absl::Status Check(const v1::IssueServiceTokenRequest& request) {
  std::vector<errors::FieldFault> faults;
  if (!IsTokenName(request.audience(), kMaxAudience)) {
    faults.push_back({"audience", "must be 1 to 256 printable ASCII characters without blanks"});
  }
  if (request.scopes_size() > kMaxScopes) {
    faults.push_back({"scopes", "must be at most 64"});
    return errors::InvalidFields(faults);
  }
  for (int i = 0; i < request.scopes_size(); ++i) {
    const std::string field = "scopes[" + std::to_string(i) + "]";
    const auto before = request.scopes().begin() + i;
    if (!IsTokenName(request.scopes(i), kMaxScope)) {
      faults.push_back({field, "must be 1 to 64 printable ASCII characters without blanks"});
    } else if (std::find(request.scopes().begin(), before, request.scopes(i)) != before) {
      faults.push_back({field, "is there twice"});
    }
  }
  return errors::InvalidFields(faults);
}

absl::Status Allowed(const ServiceTokenRules& rules, const std::string& client,
                     const v1::IssueServiceTokenRequest& request) {
  const auto peer = rpc::SpiffeId::Parse(client);
  if (!peer.ok()) return peer.status();
  if (!rules.AllowsAudience(*peer, request.audience())) {
    return errors::Make(reasons::PEER_NOT_ALLOWED,
                        "this service is given no tokens for the audience " + request.audience());
  }
  for (const std::string& scope : request.scopes()) {
    if (rules.AllowsScope(*peer, scope)) continue;
    return errors::Make(reasons::PEER_NOT_ALLOWED,
                        "this service is given no tokens with the scope " + scope);
  }
  return absl::OkStatus();
}

keys::v1::AccessTokenClaims ClaimsOf(const std::string& client,
                                     const v1::IssueServiceTokenRequest& request) {
  keys::v1::AccessTokenClaims claims;
  claims.set_sub(client);
  claims.set_client_id(client);
  claims.add_aud(request.audience());
  std::string scope;
  for (const std::string& name : request.scopes()) scope += (scope.empty() ? "" : " ") + name;
  claims.set_scope(scope);
  return claims;
}

}  // namespace

async::Task<absl::Status> IssueServiceToken(Facade& facade, Origin origin,
                                            const v1::IssueServiceTokenRequest* request,
                                            v1::IssueServiceTokenResponse* response) {
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) co_return peer;
  if (absl::Status valid = Check(*request); !valid.ok()) co_return valid;
  absl::Status allowed = Allowed(facade.service_tokens, origin.client_id, *request);
  if (!allowed.ok()) co_return allowed;
  auto signing = facade.keys.SignToken(origin.call, ClaimsOf(origin.client_id, *request));
  auto token = co_await std::move(signing);
  if (!token.ok()) co_return Outward(token.status(), "keys.SignToken");
  response->set_access_token(std::move(*token->mutable_access_token()));
  *response->mutable_expire_time() = token->expire_time();
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
