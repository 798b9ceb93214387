#include "services/auth/token_flows.h"

#include <chrono>

#include "services/auth/outward.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
constexpr std::chrono::seconds kCleanUpTime{2};

std::string JoinScopes(const users::v1::User& user) {
  std::string scope;
  for (const std::string& name : user.scopes()) {
    if (!scope.empty()) scope += ' ';
    scope += name;
  }
  return scope;
}

// Ends a session that nobody will ever get the tokens of. Without this, retries of a login while
// signing fails would fill the user's list and push the sessions of their other devices out of it.
// With time of its own: the call's may be up.
async::Task<void> Abandon(Facade& facade, const Origin& origin,
                          const sessions::v1::Session& session) {
  const rpc::ServerCall call(std::chrono::steady_clock::now() + kCleanUpTime, origin.call.trace());
  const auto revoked =
      co_await facade.sessions.RevokeSession(call, session.user_id(), session.session_id());
  if (revoked.ok()) facade.trust.Apply(revoked->revocations());
}

}  // namespace

keys::v1::AccessTokenClaims ClaimsOf(const Facade& facade, const Origin& origin,
                                     const users::v1::User& user,
                                     const sessions::v1::Session& session) {
  keys::v1::AccessTokenClaims claims;
  claims.set_sub(user.user_id());
  claims.set_sid(session.session_id());
  for (const std::string& audience : facade.audiences) claims.add_aud(audience);
  claims.set_client_id(origin.client_id);
  *claims.mutable_roles() = user.roles();
  claims.set_scope(JoinScopes(user));
  claims.set_email(user.email());
  *claims.mutable_auth_time() = session.create_time();
  *claims.mutable_amr() = session.amr();
  return claims;
}

async::Task<absl::StatusOr<v1::Tokens>> SignTokens(
    Facade& facade, const Origin& origin, const users::v1::User& user,
    const sessions::v1::Session& session, const sessions::v1::RefreshToken& refresh_token) {
  auto signing = facade.keys.SignToken(origin.call, ClaimsOf(facade, origin, user, session));
  auto signed_token = co_await std::move(signing);
  if (!signed_token.ok()) co_return Outward(signed_token.status(), "keys.SignToken");

  v1::Tokens tokens;
  tokens.set_access_token(std::move(*signed_token->mutable_access_token()));
  *tokens.mutable_access_expire_time() = signed_token->expire_time();
  tokens.set_refresh_token(refresh_token.refresh_token());
  *tokens.mutable_refresh_expire_time() = refresh_token.expire_time();
  tokens.set_token_type("Bearer");
  tokens.set_session_id(session.session_id());
  co_return tokens;
}

async::Task<absl::StatusOr<v1::Tokens>> StartSession(Facade& facade, const Origin& origin,
                                                     const users::v1::User& user,
                                                     const v1::Device& device, const Amr& amr) {
  const auto created = co_await facade.sessions.CreateSession(origin, user.user_id(), device, amr);
  if (!created.ok()) {
    co_return Outward(created.status(), "sessions.CreateSession", {reasons::INVALID_FIELD});
  }
  facade.activity->sessions_started.fetch_add(1, std::memory_order_relaxed);
  auto tokens =
      co_await SignTokens(facade, origin, user, created->session(), created->refresh_token());
  if (!tokens.ok()) co_await Abandon(facade, origin, created->session());
  co_return tokens;
}

async::Task<absl::StatusOr<v1::Tokens>> StartSession(Facade& facade, const Origin& origin,
                                                     const users::v1::User& user,
                                                     const v1::Device& device) {
  static const Amr password = {"pwd"};
  return StartSession(facade, origin, user, device, password);
}

}  // namespace tokenforge::auth
