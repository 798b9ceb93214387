// ListSigningKeys, RotateSigningKey, RevokeSigningKey, RevokeAllSigningKeys: what administrators
// see of signing keys and do with them. Flows as in login_flows.h; the guard has verified the role.
//
// A revocation is published to this replica's guards before anything else is awaited, by the key
// set without the key and by a revocation of its `kid`; the answer then waits up to a second for
// guards. What was done is an audit event (audit_queue.h) and a warning in the log.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "services/auth/audit_queue.h"
#include "services/auth/guard_wait.h"
#include "services/auth/origin.h"
#include "services/auth/sessions_client.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

// What these flows work with; all of it outlives the server.
struct KeyDesk {
  KeysClient keys;
  SessionsClient sessions;
  GuardWatch watch;
  AuditQueue& audit;
};

async::Task<absl::Status> ListSigningKeys(KeyDesk& desk, rpc::ServerCall call,
                                          const v1::ListSigningKeysRequest* request,
                                          v1::ListSigningKeysResponse* response);

// FAILED_PRECONDITION KEY_NOT_ACKNOWLEDGED without `force`.
async::Task<absl::Status> RotateSigningKey(KeyDesk& desk, Origin origin, Caller caller,
                                           const v1::RotateSigningKeyRequest* request,
                                           v1::RotateSigningKeyResponse* response);

// NOT_FOUND: there is no such key.
async::Task<absl::Status> RevokeSigningKey(KeyDesk& desk, Origin origin, Caller caller,
                                           const v1::RevokeSigningKeyRequest* request,
                                           v1::RevokeSigningKeyResponse* response);

// With `end_all_sessions`: keys, sessions, keys again. The keys come first, because they are the
// alarm and the sessions service may be away; guards then refuse every token, so clients (and
// thieves) refresh at once, some before their session has ended, and get tokens of the new key. So
// that key is revoked once more. An error says what was done before it; all of it may be repeated.
async::Task<absl::Status> RevokeAllSigningKeys(KeyDesk& desk, Origin origin, Caller caller,
                                               const v1::RevokeAllSigningKeysRequest* request,
                                               v1::RevokeAllSigningKeysResponse* response);

}  // namespace tokenforge::auth
