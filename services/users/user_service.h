// UserService on the wire: each handler hands its call to a flow, nothing more.
//
// A guard stands before it: only the façade gets here. Thread-safe.
#pragma once

#include "lib/rpc/call.h"
#include "services/users/accounts.h"
#include "services/users/audit_log.h"
#include "services/users/directory.h"
#include "services/users/factor_login.h"
#include "services/users/factors.h"
#include "services/users/import.h"
#include "services/users/passwords.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::users {

// What the handlers hand their calls to; all of it outlives the server.
struct UserFlows {
  Accounts& accounts;
  AuditLog& audit;
  Directory& directory;
  AccountImport& import;
  Factors& factors;
  FactorLogin& logins;
  Passwords& passwords;
};

class UserService final : public v1::UserService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  explicit UserService(const UserFlows& flows) : flows_(flows) {}

  Reactor* CreateUser(Context* context, const v1::CreateUserRequest* request,
                      v1::CreateUserResponse* response) override;
  Reactor* VerifyPassword(Context* context, const v1::VerifyPasswordRequest* request,
                          v1::VerifyPasswordResponse* response) override;
  Reactor* GetUser(Context* context, const v1::GetUserRequest* request,
                   v1::GetUserResponse* response) override;
  Reactor* GetUserByEmail(Context* context, const v1::GetUserByEmailRequest* request,
                          v1::GetUserByEmailResponse* response) override;
  // user_service_directory.cc
  Reactor* ListUsers(Context* context, const v1::ListUsersRequest* request,
                     v1::ListUsersResponse* response) override;
  Reactor* UpdateUser(Context* context, const v1::UpdateUserRequest* request,
                      v1::UpdateUserResponse* response) override;
  Reactor* SetRoles(Context* context, const v1::SetRolesRequest* request,
                    v1::SetRolesResponse* response) override;
  Reactor* SetDisabled(Context* context, const v1::SetDisabledRequest* request,
                       v1::SetDisabledResponse* response) override;
  Reactor* Unlock(Context* context, const v1::UnlockRequest* request,
                  v1::UnlockResponse* response) override;
  Reactor* DeleteUser(Context* context, const v1::DeleteUserRequest* request,
                      v1::DeleteUserResponse* response) override;

  // user_service_import.cc
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(
      Context* context, v1::ImportUsersResponse* response) override;

  // user_service_factors.cc
  Reactor* GetLoginChallenge(Context* context, const v1::GetLoginChallengeRequest* request,
                             v1::GetLoginChallengeResponse* response) override;
  Reactor* EnrollTotp(Context* context, const v1::EnrollTotpRequest* request,
                      v1::EnrollTotpResponse* response) override;
  Reactor* ConfirmTotp(Context* context, const v1::ConfirmTotpRequest* request,
                       v1::ConfirmTotpResponse* response) override;
  Reactor* DisableTotp(Context* context, const v1::DisableTotpRequest* request,
                       v1::DisableTotpResponse* response) override;
  Reactor* VerifySecondFactor(Context* context, const v1::VerifySecondFactorRequest* request,
                              v1::VerifySecondFactorResponse* response) override;

  // user_service_audit.cc
  Reactor* RecordAuditEvent(Context* context, const v1::RecordAuditEventRequest* request,
                            v1::RecordAuditEventResponse* response) override;
  Reactor* ListAuditEvents(Context* context, const v1::ListAuditEventsRequest* request,
                           v1::ListAuditEventsResponse* response) override;

  // user_service_passwords.cc
  Reactor* ChangePassword(Context* context, const v1::ChangePasswordRequest* request,
                          v1::ChangePasswordResponse* response) override;
  Reactor* BeginPasswordReset(Context* context, const v1::BeginPasswordResetRequest* request,
                              v1::BeginPasswordResetResponse* response) override;
  Reactor* CompletePasswordReset(Context* context, const v1::CompletePasswordResetRequest* request,
                                 v1::CompletePasswordResetResponse* response) override;
  Reactor* BeginEmailVerification(Context* context,
                                  const v1::BeginEmailVerificationRequest* request,
                                  v1::BeginEmailVerificationResponse* response) override;
  Reactor* CompleteEmailVerification(Context* context,
                                     const v1::CompleteEmailVerificationRequest* request,
                                     v1::CompleteEmailVerificationResponse* response) override;

 private:
  const UserFlows flows_;
};

// What VerifyPassword answers once the password was right: the account, and a challenge when it has
// a second factor. `request` and `response` belong to the call.
async::Task<absl::Status> AnswerLogin(async::Task<absl::StatusOr<Account>> verifying,
                                      FactorLogin& logins, Deadline deadline, Origin origin,
                                      const v1::VerifyPasswordRequest* request,
                                      v1::VerifyPasswordResponse* response);

}  // namespace tokenforge::users
