// UserService on the wire: each handler hands its call to a flow of Accounts, nothing more.
//
// A guard stands before it: only the façade gets here. Thread-safe. What it is given outlives the
// server.
#pragma once

#include "lib/rpc/call.h"
#include "lib/rpc/not_built_stream.h"
#include "services/users/accounts.h"
#include "services/users/audit_log.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::users {

class UserService final : public v1::UserService::CallbackService {
 public:
  using Context = grpc::CallbackServerContext;
  using Reactor = grpc::ServerUnaryReactor;

  UserService(Accounts& accounts, AuditLog& audit) : accounts_(accounts), audit_(audit) {}

  Reactor* CreateUser(Context* context, const v1::CreateUserRequest* request,
                      v1::CreateUserResponse* response) override;
  Reactor* VerifyPassword(Context* context, const v1::VerifyPasswordRequest* request,
                          v1::VerifyPasswordResponse* response) override;
  Reactor* GetUser(Context* context, const v1::GetUserRequest* request,
                   v1::GetUserResponse* response) override;
  Reactor* GetUserByEmail(Context* context, const v1::GetUserByEmailRequest* request,
                          v1::GetUserByEmailResponse* response) override;

  Reactor* RecordAuditEvent(Context* context, const v1::RecordAuditEventRequest* request,
                            v1::RecordAuditEventResponse* response) override;
  Reactor* ListAuditEvents(Context* context, const v1::ListAuditEventsRequest* request,
                           v1::ListAuditEventsResponse* response) override;

  // Declared, and not built in this version.
  Reactor* GetLoginChallenge(Context* context, const v1::GetLoginChallengeRequest*,
                             v1::GetLoginChallengeResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* ListUsers(Context* context, const v1::ListUsersRequest*,
                     v1::ListUsersResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* UpdateUser(Context* context, const v1::UpdateUserRequest*,
                      v1::UpdateUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* SetRoles(Context* context, const v1::SetRolesRequest*, v1::SetRolesResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* SetDisabled(Context* context, const v1::SetDisabledRequest*,
                       v1::SetDisabledResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* Unlock(Context* context, const v1::UnlockRequest*, v1::UnlockResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* DeleteUser(Context* context, const v1::DeleteUserRequest*,
                      v1::DeleteUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* ChangePassword(Context* context, const v1::ChangePasswordRequest*,
                          v1::ChangePasswordResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* BeginPasswordReset(Context* context, const v1::BeginPasswordResetRequest*,
                              v1::BeginPasswordResetResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* CompletePasswordReset(Context* context, const v1::CompletePasswordResetRequest*,
                                 v1::CompletePasswordResetResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* BeginEmailVerification(Context* context, const v1::BeginEmailVerificationRequest*,
                                  v1::BeginEmailVerificationResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* CompleteEmailVerification(Context* context, const v1::CompleteEmailVerificationRequest*,
                                     v1::CompleteEmailVerificationResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* EnrollTotp(Context* context, const v1::EnrollTotpRequest*,
                      v1::EnrollTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* ConfirmTotp(Context* context, const v1::ConfirmTotpRequest*,
                       v1::ConfirmTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* DisableTotp(Context* context, const v1::DisableTotpRequest*,
                       v1::DisableTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  Reactor* VerifySecondFactor(Context* context, const v1::VerifySecondFactorRequest*,
                              v1::VerifySecondFactorResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(Context*,
                                                               v1::ImportUsersResponse*) override {
    return rpc::NotBuiltReads<v1::ImportUsersRequest>();
  }

 private:
  Accounts& accounts_;
  AuditLog& audit_;
};

}  // namespace tokenforge::users
