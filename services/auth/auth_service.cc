#include "services/auth/auth_service.h"

#include "services/auth/factor_flows.h"
#include "services/auth/limit_refusal.h"
#include "services/auth/login_flows.h"
#include "services/auth/service_tokens.h"
#include "services/auth/user_admin_flows.h"

namespace tokenforge::auth {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

Reactor* AuthService::Register(Context* context, const v1::RegisterRequest* request,
                               v1::RegisterResponse* response) {
  return ServeLimited(
      context, auth::Register(facade_, Origin(*context, facade_.proxies), request, response));
}

Reactor* AuthService::Login(Context* context, const v1::LoginRequest* request,
                            v1::LoginResponse* response) {
  return ServeLimited(context,
                      auth::Login(facade_, Origin(*context, facade_.proxies), request, response));
}

Reactor* AuthService::CompleteLogin(Context* context, const v1::CompleteLoginRequest* request,
                                    v1::CompleteLoginResponse* response) {
  return ServeLimited(
      context, auth::CompleteLogin(facade_, Origin(*context, facade_.proxies), request, response));
}

Reactor* AuthService::Refresh(Context* context, const v1::RefreshRequest* request,
                              v1::RefreshResponse* response) {
  return ServeLimited(context,
                      auth::Refresh(facade_, Origin(*context, facade_.proxies), request, response));
}

Reactor* AuthService::Logout(Context* context, const v1::LogoutRequest* /*request*/,
                             v1::LogoutResponse* /*response*/) {
  return rpc::Serve(context,
                    auth::Logout(facade_, Origin(*context, facade_.proxies), CallerOf(*context)));
}

Reactor* AuthService::LogoutAll(Context* context, const v1::LogoutAllRequest* request,
                                v1::LogoutAllResponse* response) {
  return rpc::Serve(context, auth::LogoutAll(facade_, Origin(*context, facade_.proxies),
                                             CallerOf(*context), request, response));
}

Reactor* AuthService::ListSessions(Context* context, const v1::ListSessionsRequest* request,
                                   v1::ListSessionsResponse* response) {
  return rpc::Serve(context, auth::ListSessions(facade_, rpc::ServerCall(*context),
                                                CallerOf(*context), request, response));
}

Reactor* AuthService::RevokeSession(Context* context, const v1::RevokeSessionRequest* request,
                                    v1::RevokeSessionResponse* /*response*/) {
  return rpc::Serve(context, auth::RevokeSession(facade_, Origin(*context, facade_.proxies),
                                                 CallerOf(*context), request));
}

Reactor* AuthService::WhoAmI(Context* context, const v1::WhoAmIRequest* /*request*/,
                             v1::WhoAmIResponse* response) {
  return rpc::Serve(context,
                    auth::WhoAmI(facade_, rpc::ServerCall(*context), CallerOf(*context), response));
}

Reactor* AuthService::EnrollTotp(Context* context, const v1::EnrollTotpRequest* /*request*/,
                                 v1::EnrollTotpResponse* response) {
  return rpc::Serve(context, auth::EnrollTotp(facade_, Origin(*context, facade_.proxies),
                                              CallerOf(*context), response));
}

Reactor* AuthService::ConfirmTotp(Context* context, const v1::ConfirmTotpRequest* request,
                                  v1::ConfirmTotpResponse* response) {
  return rpc::Serve(context, auth::ConfirmTotp(facade_, Origin(*context, facade_.proxies),
                                               CallerOf(*context), request, response));
}

Reactor* AuthService::DisableTotp(Context* context, const v1::DisableTotpRequest* request,
                                  v1::DisableTotpResponse* /*response*/) {
  return ServeLimited(context, auth::DisableTotp(facade_, Origin(*context, facade_.proxies),
                                                 CallerOf(*context), request));
}

Reactor* AuthService::UpdateProfile(Context* context, const v1::UpdateProfileRequest* request,
                                    v1::UpdateProfileResponse* response) {
  return rpc::Serve(context, auth::UpdateProfile(facade_, Origin(*context, facade_.proxies),
                                                 CallerOf(*context), request, response));
}

Reactor* AuthService::Introspect(Context* context, const v1::IntrospectRequest* request,
                                 v1::IntrospectResponse* response) {
  return rpc::Answer(context, auth::Introspect(verify_, *request, *response));
}

Reactor* AuthService::IssueServiceToken(Context* context,
                                        const v1::IssueServiceTokenRequest* request,
                                        v1::IssueServiceTokenResponse* response) {
  return rpc::Serve(context, auth::IssueServiceToken(facade_, Origin(*context, facade_.proxies),
                                                     request, response));
}

}  // namespace tokenforge::auth
