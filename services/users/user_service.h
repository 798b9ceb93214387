// UserService on the wire: each handler hands its call to a flow of Accounts, nothing more.
//
// A guard stands before it: only the façade gets here. Thread-safe. `accounts` outlives the server.
#pragma once

#include "lib/rpc/call.h"
#include "lib/rpc/not_built_stream.h"
#include "services/users/accounts.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::users {

class UserService final : public v1::UserService::CallbackService {
 public:
  explicit UserService(Accounts& accounts) : accounts_(accounts) {}

  grpc::ServerUnaryReactor* CreateUser(grpc::CallbackServerContext* context,
                                       const v1::CreateUserRequest* request,
                                       v1::CreateUserResponse* response) override;
  grpc::ServerUnaryReactor* VerifyPassword(grpc::CallbackServerContext* context,
                                           const v1::VerifyPasswordRequest* request,
                                           v1::VerifyPasswordResponse* response) override;
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context,
                                    const v1::GetUserRequest* request,
                                    v1::GetUserResponse* response) override;
  grpc::ServerUnaryReactor* GetUserByEmail(grpc::CallbackServerContext* context,
                                           const v1::GetUserByEmailRequest* request,
                                           v1::GetUserByEmailResponse* response) override;

  // Declared, and not built in this version.
  grpc::ServerUnaryReactor* ListUsers(grpc::CallbackServerContext* context,
                                      const v1::ListUsersRequest*,
                                      v1::ListUsersResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* UpdateUser(grpc::CallbackServerContext* context,
                                       const v1::UpdateUserRequest*,
                                       v1::UpdateUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* SetRoles(grpc::CallbackServerContext* context,
                                     const v1::SetRolesRequest*, v1::SetRolesResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* SetDisabled(grpc::CallbackServerContext* context,
                                        const v1::SetDisabledRequest*,
                                        v1::SetDisabledResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* Unlock(grpc::CallbackServerContext* context, const v1::UnlockRequest*,
                                   v1::UnlockResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* DeleteUser(grpc::CallbackServerContext* context,
                                       const v1::DeleteUserRequest*,
                                       v1::DeleteUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* ChangePassword(grpc::CallbackServerContext* context,
                                           const v1::ChangePasswordRequest*,
                                           v1::ChangePasswordResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* BeginPasswordReset(grpc::CallbackServerContext* context,
                                               const v1::BeginPasswordResetRequest*,
                                               v1::BeginPasswordResetResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* CompletePasswordReset(grpc::CallbackServerContext* context,
                                                  const v1::CompletePasswordResetRequest*,
                                                  v1::CompletePasswordResetResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* BeginEmailVerification(grpc::CallbackServerContext* context,
                                                   const v1::BeginEmailVerificationRequest*,
                                                   v1::BeginEmailVerificationResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* CompleteEmailVerification(
      grpc::CallbackServerContext* context, const v1::CompleteEmailVerificationRequest*,
      v1::CompleteEmailVerificationResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* EnrollTotp(grpc::CallbackServerContext* context,
                                       const v1::EnrollTotpRequest*,
                                       v1::EnrollTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* ConfirmTotp(grpc::CallbackServerContext* context,
                                        const v1::ConfirmTotpRequest*,
                                        v1::ConfirmTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* DisableTotp(grpc::CallbackServerContext* context,
                                        const v1::DisableTotpRequest*,
                                        v1::DisableTotpResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* VerifySecondFactor(grpc::CallbackServerContext* context,
                                               const v1::VerifySecondFactorRequest*,
                                               v1::VerifySecondFactorResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* RecordAuditEvent(grpc::CallbackServerContext* context,
                                             const v1::RecordAuditEventRequest*,
                                             v1::RecordAuditEventResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* ListAuditEvents(grpc::CallbackServerContext* context,
                                            const v1::ListAuditEventsRequest*,
                                            v1::ListAuditEventsResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(grpc::CallbackServerContext*,
                                                               v1::ImportUsersResponse*) override {
    return rpc::NotBuiltReads<v1::ImportUsersRequest>();
  }

 private:
  Accounts& accounts_;
};

}  // namespace tokenforge::users
