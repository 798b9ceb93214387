// What administrators do with accounts and sessions, and what people change of their own profile.
// Flows as in login_flows.h; the guard has verified the role `admin` (for UpdateProfile: a person).
//
// Who acts goes along with every change and stands in its audit event, which is written in the
// change's own transaction. Look-ups are recorded as `admin.read` before they answer: whoever
// cannot be recorded is told nothing. What ends sessions is refused by this replica's guards
// before it answers, and by all others when the feed has told them.
//
// Where a second step fails after the first was done, the error says so; every one of these may be
// repeated.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/rpc/read_stream.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

async::Task<absl::Status> GetUser(Facade& facade, Origin origin, Caller caller,
                                  const v1::GetUserRequest* request, v1::GetUserResponse* response);
async::Task<absl::Status> ListUsers(Facade& facade, Origin origin, Caller caller,
                                    const v1::ListUsersRequest* request,
                                    v1::ListUsersResponse* response);
async::Task<absl::Status> SetUserRoles(Facade& facade, Origin origin, Caller caller,
                                       const v1::SetUserRolesRequest* request,
                                       v1::SetUserRolesResponse* response);
async::Task<absl::Status> DisableUser(Facade& facade, Origin origin, Caller caller,
                                      const v1::DisableUserRequest* request,
                                      v1::DisableUserResponse* response);
async::Task<absl::Status> EnableUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::EnableUserRequest* request,
                                     v1::EnableUserResponse* response);
// Ends the streak of failures that locks the account. What single addresses used up of their
// guesses stays used up.
async::Task<absl::Status> UnlockUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::UnlockUserRequest* request);
async::Task<absl::Status> DeleteUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::DeleteUserRequest* request);
async::Task<absl::Status> ListUserSessions(Facade& facade, Origin origin, Caller caller,
                                           const v1::ListUserSessionsRequest* request,
                                           v1::ListUserSessionsResponse* response);
// Works while the users service is away; then the log line is all that records it.
async::Task<absl::Status> RevokeUserSessions(Facade& facade, Origin origin, Caller caller,
                                             const v1::RevokeUserSessionsRequest* request,
                                             v1::RevokeUserSessionsResponse* response);

// Hands each row on to the users service as it comes, one at a time: whoever sends faster than rows
// are stored is held back.
async::Task<absl::Status> ImportUsers(Facade& facade, Origin origin, Caller caller,
                                      rpc::ReadStream<v1::ImportUsersRequest>& rows,
                                      v1::ImportUsersResponse* response);

// AuthService: SESSION_ENDED when the account is gone.
async::Task<absl::Status> UpdateProfile(Facade& facade, Origin origin, Caller caller,
                                        const v1::UpdateProfileRequest* request,
                                        v1::UpdateProfileResponse* response);

}  // namespace tokenforge::auth
