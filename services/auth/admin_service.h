// AdminService on the wire: each handler hands its call to a flow (key_flows.h,
// audit_flows.h), nothing more. What
// is about accounts is not built in this version; the guard asks for the role `admin` all the same.
//
// Thread-safe. What it is given outlives the server.
#pragma once

#include "lib/rpc/call.h"
#include "lib/rpc/not_built_stream.h"
#include "services/auth/audit_flows.h"
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

  // Declared, and not built in this version.
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context, const v1::GetUserRequest*,
                                    v1::GetUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* ListUsers(grpc::CallbackServerContext* context,
                                      const v1::ListUsersRequest*,
                                      v1::ListUsersResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* SetUserRoles(grpc::CallbackServerContext* context,
                                         const v1::SetUserRolesRequest*,
                                         v1::SetUserRolesResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* DisableUser(grpc::CallbackServerContext* context,
                                        const v1::DisableUserRequest*,
                                        v1::DisableUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* EnableUser(grpc::CallbackServerContext* context,
                                       const v1::EnableUserRequest*,
                                       v1::EnableUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* UnlockUser(grpc::CallbackServerContext* context,
                                       const v1::UnlockUserRequest*,
                                       v1::UnlockUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* DeleteUser(grpc::CallbackServerContext* context,
                                       const v1::DeleteUserRequest*,
                                       v1::DeleteUserResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* ListUserSessions(grpc::CallbackServerContext* context,
                                             const v1::ListUserSessionsRequest*,
                                             v1::ListUserSessionsResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerUnaryReactor* RevokeUserSessions(grpc::CallbackServerContext* context,
                                               const v1::RevokeUserSessionsRequest*,
                                               v1::RevokeUserSessionsResponse*) override {
    return rpc::NotBuilt(context);
  }
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(grpc::CallbackServerContext*,
                                                               v1::ImportUsersResponse*) override {
    return rpc::NotBuiltReads<v1::ImportUsersRequest>();
  }

 private:
  KeyDesk& keys_;
  Facade& facade_;
};

}  // namespace tokenforge::auth
