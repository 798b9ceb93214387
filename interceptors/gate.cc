#include "interceptors/gate.h"

#include <grpcpp/server_context.h>

#include <algorithm>

#include "interceptors/bearer.h"
#include "interceptors/caller_maker.h"
#include "interceptors/refusal.h"
#include "interceptors/stream_watch.h"
#include "interceptors/token_verifier.h"
#include "lib/rpc/peer.h"

namespace tokenforge::internal {
namespace {

namespace reasons = errors::reasons;

bool Holds(const std::vector<std::string>& values, const std::string& wanted) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

// Whether the two have a value in common.
bool Meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&b](const std::string& one) { return Holds(b, one); });
}

// Whoever holds the claims holds the whole token: one object, one count.
std::shared_ptr<const VerifiedClaims> ClaimsIn(std::shared_ptr<const VerifiedToken> token) {
  const VerifiedClaims* const claims = &token->claims;
  return {std::move(token), claims};
}

}  // namespace

Gate::Gate(GateOptions options, std::shared_ptr<TokenVerifier> verifier)
    : options_(options),
      verifier_(std::move(verifier)),
      streams_(verifier_ != nullptr ? std::make_unique<StreamWatch>(*verifier_) : nullptr) {}

Gate::~Gate() = default;

absl::Status Gate::Admit(const MethodRule& rule, const grpc::ServerContextBase& context,
                         Admission* admission) const {
  const absl::StatusOr<rpc::SpiffeId> peer = rpc::PeerOf(context);
  std::shared_ptr<const std::string> peer_text;
  if (peer.ok()) peer_text = std::make_shared<const std::string>(peer->text());
  Caller& caller = admission->caller;
  caller = CallerMaker::Make(nullptr, peer_text);
  if (rule.needs_token) {
    const absl::StatusOr<std::string_view> token = BearerToken(context.client_metadata());
    if (!token.ok()) return token.status();
    absl::StatusOr<Token> verified =
        CheckToken(*token, rule.audience, rule.max_stale.value_or(options_.max_stale));
    if (!verified.ok()) return verified.status();
    admission->token = verified->get();
    caller = CallerMaker::Make(ClaimsIn(*std::move(verified)), std::move(peer_text));
  }
  if (absl::Status status = CheckRights(rule, caller); !status.ok()) return status;
  // Without a certificate there is nobody to match: a plaintext connection fails closed.
  if (rule.needs_peer && !(peer.ok() && rpc::MatchesAny(rule.peers, *peer))) {
    return Refusal(reasons::PEER_NOT_ALLOWED);
  }
  if (rule.fresh && verifier_->TrustAge(*admission->token) > options_.fresh_within) {
    return Refusal(reasons::TRUST_STALE);
  }
  return absl::OkStatus();
}

absl::StatusOr<Caller> Gate::Verify(std::string_view token) const {
  if (token.empty()) return Refusal(reasons::TOKEN_MISSING);
  if (token.size() > kMaxTokenBytes) return Refusal(reasons::TOKEN_MALFORMED);
  absl::StatusOr<Token> verified = CheckToken(token, {}, options_.max_stale);
  if (!verified.ok()) return verified.status();
  return CallerMaker::Make(ClaimsIn(*std::move(verified)), nullptr);
}

absl::StatusOr<Gate::Token> Gate::CheckToken(std::string_view token, const std::string& audience,
                                             std::chrono::seconds max_stale) const {
  if (verifier_ == nullptr) return Refusal(reasons::TRUST_STALE);
  absl::StatusOr<Token> verified = verifier_->Verify(token, max_stale);
  if (verified.ok() && !verifier_->IsMeant(**verified, audience)) {
    return Refusal(reasons::TOKEN_WRONG_AUDIENCE);
  }
  return verified;
}

absl::Status Gate::CheckRights(const MethodRule& rule, const Caller& caller) {
  if (!rule.any_role.empty() && !Meet(rule.any_role, caller.roles())) {
    return Refusal(reasons::ROLE_REQUIRED);
  }
  for (const std::string& scope : rule.all_scopes) {
    if (!caller.HasScope(scope)) return Refusal(reasons::SCOPE_REQUIRED);
  }
  return absl::OkStatus();
}

}  // namespace tokenforge::internal
