// AuthService on the wire: each handler hands its call to a flow (login_flows.h, factor_flows.h,
// session_flows.h, service_tokens.h), nothing more.
//
// A guard stands before it: a handler of an AUTHENTICATED method has a verified Caller.
// Thread-safe. The facade and whatever `verify` uses outlive the server.
#pragma once

#include "lib/rpc/call.h"
#include "services/auth/facade.h"
#include "services/auth/session_flows.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::auth {

class AuthService final : public v1::AuthService::CallbackService {
 public:
  AuthService(Facade& facade, VerifyToken verify) : facade_(facade), verify_(std::move(verify)) {}

  grpc::ServerUnaryReactor* Register(grpc::CallbackServerContext* context,
                                     const v1::RegisterRequest* request,
                                     v1::RegisterResponse* response) override;
  grpc::ServerUnaryReactor* Login(grpc::CallbackServerContext* context,
                                  const v1::LoginRequest* request,
                                  v1::LoginResponse* response) override;
  grpc::ServerUnaryReactor* CompleteLogin(grpc::CallbackServerContext* context,
                                          const v1::CompleteLoginRequest* request,
                                          v1::CompleteLoginResponse* response) override;
  grpc::ServerUnaryReactor* Refresh(grpc::CallbackServerContext* context,
                                    const v1::RefreshRequest* request,
                                    v1::RefreshResponse* response) override;
  grpc::ServerUnaryReactor* Logout(grpc::CallbackServerContext* context,
                                   const v1::LogoutRequest* request,
                                   v1::LogoutResponse* response) override;
  grpc::ServerUnaryReactor* LogoutAll(grpc::CallbackServerContext* context,
                                      const v1::LogoutAllRequest* request,
                                      v1::LogoutAllResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context,
                                         const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeSession(grpc::CallbackServerContext* context,
                                          const v1::RevokeSessionRequest* request,
                                          v1::RevokeSessionResponse* response) override;
  grpc::ServerUnaryReactor* WhoAmI(grpc::CallbackServerContext* context,
                                   const v1::WhoAmIRequest* request,
                                   v1::WhoAmIResponse* response) override;
  grpc::ServerUnaryReactor* EnrollTotp(grpc::CallbackServerContext* context,
                                       const v1::EnrollTotpRequest* request,
                                       v1::EnrollTotpResponse* response) override;
  grpc::ServerUnaryReactor* ConfirmTotp(grpc::CallbackServerContext* context,
                                        const v1::ConfirmTotpRequest* request,
                                        v1::ConfirmTotpResponse* response) override;
  grpc::ServerUnaryReactor* DisableTotp(grpc::CallbackServerContext* context,
                                        const v1::DisableTotpRequest* request,
                                        v1::DisableTotpResponse* response) override;
  grpc::ServerUnaryReactor* Introspect(grpc::CallbackServerContext* context,
                                       const v1::IntrospectRequest* request,
                                       v1::IntrospectResponse* response) override;
  grpc::ServerUnaryReactor* IssueServiceToken(grpc::CallbackServerContext* context,
                                              const v1::IssueServiceTokenRequest* request,
                                              v1::IssueServiceTokenResponse* response) override;

  grpc::ServerUnaryReactor* UpdateProfile(grpc::CallbackServerContext* context,
                                          const v1::UpdateProfileRequest* request,
                                          v1::UpdateProfileResponse* response) override;

  // auth_service_passwords.cc
  grpc::ServerUnaryReactor* ChangePassword(grpc::CallbackServerContext* context,
                                           const v1::ChangePasswordRequest* request,
                                           v1::ChangePasswordResponse* response) override;
  grpc::ServerUnaryReactor* RequestPasswordReset(
      grpc::CallbackServerContext* context, const v1::RequestPasswordResetRequest* request,
      v1::RequestPasswordResetResponse* response) override;
  grpc::ServerUnaryReactor* ResetPassword(grpc::CallbackServerContext* context,
                                          const v1::ResetPasswordRequest* request,
                                          v1::ResetPasswordResponse* response) override;
  grpc::ServerUnaryReactor* RequestEmailVerification(
      grpc::CallbackServerContext* context, const v1::RequestEmailVerificationRequest* request,
      v1::RequestEmailVerificationResponse* response) override;
  grpc::ServerUnaryReactor* VerifyEmail(grpc::CallbackServerContext* context,
                                        const v1::VerifyEmailRequest* request,
                                        v1::VerifyEmailResponse* response) override;

 private:
  Facade& facade_;
  const VerifyToken verify_;
};

}  // namespace tokenforge::auth
