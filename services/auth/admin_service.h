// AdminService on the wire: each handler hands its call to a flow (key_flows.h,
// audit_flows.h, user_admin_flows.h), nothing more. The guard has asked for the role `admin`.
//
// Thread-safe. What it is given outlives the server.
#pragma once

#include "lib/rpc/call.h"
#include "services/auth/audit_flows.h"
#include "services/auth/facade.h"
#include "services/auth/key_flows.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth {

class AdminService final : public v1::AdminService::CallbackService {
 public:
  AdminService(KeyDesk& keys, Facade& facade) : keys_(keys), facade_(facade) {}

  grpc::ServerUnaryReactor* ListSigningKeys(grpc::CallbackServerContext* context,
                                            const v1::ListSigningKeysRequest* request,
                                            v1::ListSigningKeysResponse* response) override;
  grpc::ServerUnaryReactor* RotateSigningKey(grpc::CallbackServerContext* context,
                                             const v1::RotateSigningKeyRequest* request,
                                             v1::RotateSigningKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeSigningKey(grpc::CallbackServerContext* context,
                                             const v1::RevokeSigningKeyRequest* request,
                                             v1::RevokeSigningKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAllSigningKeys(
      grpc::CallbackServerContext* context, const v1::RevokeAllSigningKeysRequest* request,
      v1::RevokeAllSigningKeysResponse* response) override;

  grpc::ServerUnaryReactor* ListAuditEvents(grpc::CallbackServerContext* context,
                                            const v1::ListAuditEventsRequest* request,
                                            v1::ListAuditEventsResponse* response) override;

  // admin_service_users.cc
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context,
                                    const v1::GetUserRequest* request,
                                    v1::GetUserResponse* response) override;
  grpc::ServerUnaryReactor* ListUsers(grpc::CallbackServerContext* context,
                                      const v1::ListUsersRequest* request,
                                      v1::ListUsersResponse* response) override;
  grpc::ServerUnaryReactor* SetUserRoles(grpc::CallbackServerContext* context,
                                         const v1::SetUserRolesRequest* request,
                                         v1::SetUserRolesResponse* response) override;
  grpc::ServerUnaryReactor* DisableUser(grpc::CallbackServerContext* context,
                                        const v1::DisableUserRequest* request,
                                        v1::DisableUserResponse* response) override;
  grpc::ServerUnaryReactor* EnableUser(grpc::CallbackServerContext* context,
                                       const v1::EnableUserRequest* request,
                                       v1::EnableUserResponse* response) override;
  grpc::ServerUnaryReactor* UnlockUser(grpc::CallbackServerContext* context,
                                       const v1::UnlockUserRequest* request,
                                       v1::UnlockUserResponse* response) override;
  grpc::ServerUnaryReactor* DeleteUser(grpc::CallbackServerContext* context,
                                       const v1::DeleteUserRequest* request,
                                       v1::DeleteUserResponse* response) override;
  grpc::ServerUnaryReactor* ListUserSessions(grpc::CallbackServerContext* context,
                                             const v1::ListUserSessionsRequest* request,
                                             v1::ListUserSessionsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeUserSessions(grpc::CallbackServerContext* context,
                                               const v1::RevokeUserSessionsRequest* request,
                                               v1::RevokeUserSessionsResponse* response) override;
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(
      grpc::CallbackServerContext* context, v1::ImportUsersResponse* response) override;

 private:
  KeyDesk& keys_;
  Facade& facade_;
};

}  // namespace tokenforge::auth
