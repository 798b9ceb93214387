// The handlers of administration that are about accounts and their sessions.
#include "services/auth/admin_service.h"
#include "services/auth/user_admin_flows.h"

namespace tokenforge::auth {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

Reactor* AdminService::GetUser(Context* context, const v1::GetUserRequest* request,
                               v1::GetUserResponse* response) {
  return rpc::Serve(context, auth::GetUser(facade_, Origin(*context, facade_.proxies),
                                           CallerOf(*context), request, response));
}

Reactor* AdminService::ListUsers(Context* context, const v1::ListUsersRequest* request,
                                 v1::ListUsersResponse* response) {
  return rpc::Serve(context, auth::ListUsers(facade_, Origin(*context, facade_.proxies),
                                             CallerOf(*context), request, response));
}

Reactor* AdminService::SetUserRoles(Context* context, const v1::SetUserRolesRequest* request,
                                    v1::SetUserRolesResponse* response) {
  return rpc::Serve(context, auth::SetUserRoles(facade_, Origin(*context, facade_.proxies),
                                                CallerOf(*context), request, response));
}

Reactor* AdminService::DisableUser(Context* context, const v1::DisableUserRequest* request,
                                   v1::DisableUserResponse* response) {
  return rpc::Serve(context, auth::DisableUser(facade_, Origin(*context, facade_.proxies),
                                               CallerOf(*context), request, response));
}

Reactor* AdminService::EnableUser(Context* context, const v1::EnableUserRequest* request,
                                  v1::EnableUserResponse* response) {
  return rpc::Serve(context, auth::EnableUser(facade_, Origin(*context, facade_.proxies),
                                              CallerOf(*context), request, response));
}

Reactor* AdminService::UnlockUser(Context* context, const v1::UnlockUserRequest* request,
                                  v1::UnlockUserResponse* /*response*/) {
  return rpc::Serve(context, auth::UnlockUser(facade_, Origin(*context, facade_.proxies),
                                              CallerOf(*context), request));
}

Reactor* AdminService::DeleteUser(Context* context, const v1::DeleteUserRequest* request,
                                  v1::DeleteUserResponse* /*response*/) {
  return rpc::Serve(context, auth::DeleteUser(facade_, Origin(*context, facade_.proxies),
                                              CallerOf(*context), request));
}

Reactor* AdminService::ListUserSessions(Context* context,
                                        const v1::ListUserSessionsRequest* request,
                                        v1::ListUserSessionsResponse* response) {
  return rpc::Serve(context, auth::ListUserSessions(facade_, Origin(*context, facade_.proxies),
                                                    CallerOf(*context), request, response));
}

Reactor* AdminService::RevokeUserSessions(Context* context,
                                          const v1::RevokeUserSessionsRequest* request,
                                          v1::RevokeUserSessionsResponse* response) {
  return rpc::Serve(context, auth::RevokeUserSessions(facade_, Origin(*context, facade_.proxies),
                                                      CallerOf(*context), request, response));
}

grpc::ServerReadReactor<v1::ImportUsersRequest>* AdminService::ImportUsers(
    Context* context, v1::ImportUsersResponse* response) {
  auto flow = [this, context, response](rpc::ReadStream<v1::ImportUsersRequest>& rows) {
    return auth::ImportUsers(facade_, Origin(*context, facade_.proxies), CallerOf(*context), rows,
                             response);
  };
  return rpc::ServeReads<v1::ImportUsersRequest>(context, flow);
}

}  // namespace tokenforge::auth
