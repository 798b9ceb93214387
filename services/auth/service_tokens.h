// IssueServiceToken: a token in which a service speaks for itself. A flow as in login_flows.h.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {

// `sub` and `client_id` are the SPIFFE ID that the connection proves; there is no session, no role
// and no person in it. INVALID_FIELD; PERMISSION_DENIED PEER_NOT_ALLOWED: an audience or a scope
// that the configuration does not give to this peer (service_token_rules.h).
async::Task<absl::Status> IssueServiceToken(Facade& facade, Origin origin,
                                            const v1::IssueServiceTokenRequest* request,
                                            v1::IssueServiceTokenResponse* response);

}  // namespace tokenforge::auth
