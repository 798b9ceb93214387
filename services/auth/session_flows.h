// Logout, LogoutAll, ListSessions, RevokeSession, WhoAmI, Introspect: what a logged-in person sees
// and ends, and what other services ask about a token. Flows as in login_flows.h.
//
// What is revoked is refused by this replica when the answer goes out, and by the other guards once
// the trust feed has told them; an audit event goes out for it (audit_queue.h). `caller` is who the
// guard verified: own sessions only.
#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

// TOKEN_WRONG_TYPE unless the caller is a person with a session: a service's own token has none.
absl::Status RequirePerson(const Caller& caller);

async::Task<absl::Status> Logout(Facade& facade, Origin origin, Caller caller);

async::Task<absl::Status> LogoutAll(Facade& facade, Origin origin, Caller caller,
                                    const v1::LogoutAllRequest* request,
                                    v1::LogoutAllResponse* response);

async::Task<absl::Status> ListSessions(Facade& facade, rpc::ServerCall call, Caller caller,
                                       const v1::ListSessionsRequest* request,
                                       v1::ListSessionsResponse* response);

async::Task<absl::Status> RevokeSession(Facade& facade, Origin origin, Caller caller,
                                        const v1::RevokeSessionRequest* request);

async::Task<absl::Status> WhoAmI(Facade& facade, rpc::ServerCall call, Caller caller,
                                 v1::WhoAmIResponse* response);

// Verifies a token with every check that a call gets; Guard::VerifyToken.
using VerifyToken = std::function<absl::StatusOr<Caller>(std::string_view token)>;

// RFC 7662 section 2.2. Not a coroutine: nothing is asked of anybody. UNAVAILABLE while no key is
// known: then nothing can be said about any token.
absl::Status Introspect(const VerifyToken& verify, const v1::IntrospectRequest& request,
                        v1::IntrospectResponse& response);

}  // namespace tokenforge::auth
