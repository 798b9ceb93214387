// ListAuditEvents, and the audit events that the façade itself makes. Flows as in login_flows.h.
//
// Events of what an account did or suffered are written by the users service, in the transaction
// that changes it. Here are those of what only the façade sees; they go through the AuditQueue,
// because they have happened whether the log is there or not (docs/audit.md lists all kinds).
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "services/auth/audit_queue.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {

using AuditAttributes = std::map<std::string, std::string>;

// An event of now, with the origin's address, request ID and trace. `actor`: a user ID or SPIFFE
// ID; empty for whoever proved nothing.
users::v1::AuditEvent AuditEventOf(const Origin& origin, const std::string& kind,
                                   const std::string& user_id, const std::string& actor,
                                   const AuditAttributes& attributes = {});

// `refresh.reused`, of what the sessions service said about the theft (errors::FactsOf).
users::v1::AuditEvent TheftEventOf(const Origin& origin, const absl::Status& refusal);

// The first page of a listing is recorded itself, as `admin.read`; its further pages are not, so
// that reading the log does not make it grow as fast as it is read.
async::Task<absl::Status> ListAuditEvents(Facade& facade, Origin origin, Caller caller,
                                          const v1::ListAuditEventsRequest* request,
                                          v1::ListAuditEventsResponse* response);

}  // namespace tokenforge::auth
