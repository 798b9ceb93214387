// The part of AuthService that is about passwords and what mails prove.
#include "services/auth/auth_service.h"
#include "services/auth/limit_refusal.h"
#include "services/auth/password_flows.h"

namespace tokenforge::auth {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

Reactor* AuthService::ChangePassword(Context* context, const v1::ChangePasswordRequest* request,
                                     v1::ChangePasswordResponse* /*response*/) {
  return ServeLimited(context, auth::ChangePassword(facade_, Origin(*context, facade_.proxies),
                                                    CallerOf(*context), request));
}

Reactor* AuthService::RequestPasswordReset(Context* context,
                                           const v1::RequestPasswordResetRequest* request,
                                           v1::RequestPasswordResetResponse* /*response*/) {
  return ServeLimited(
      context, auth::RequestPasswordReset(facade_, Origin(*context, facade_.proxies), request));
}

Reactor* AuthService::ResetPassword(Context* context, const v1::ResetPasswordRequest* request,
                                    v1::ResetPasswordResponse* /*response*/) {
  return rpc::Serve(context,
                    auth::ResetPassword(facade_, Origin(*context, facade_.proxies), request));
}

Reactor* AuthService::RequestEmailVerification(Context* context,
                                               const v1::RequestEmailVerificationRequest*,
                                               v1::RequestEmailVerificationResponse* /*response*/) {
  return ServeLimited(context, auth::RequestEmailVerification(
                                   facade_, Origin(*context, facade_.proxies), CallerOf(*context)));
}

Reactor* AuthService::VerifyEmail(Context* context, const v1::VerifyEmailRequest* request,
                                  v1::VerifyEmailResponse* /*response*/) {
  return rpc::Serve(context,
                    auth::VerifyEmail(facade_, Origin(*context, facade_.proxies), request));
}

}  // namespace tokenforge::auth
