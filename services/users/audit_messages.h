// Events and listings of the audit log as the wire's messages.
#pragma once

#include "absl/status/statusor.h"
#include "services/users/audit_log.h"

namespace tokenforge::users {

namespace v1 {
class AuditEvent;
class ListAuditEventsRequest;
class ListAuditEventsResponse;
}  // namespace v1

// INVALID_FIELD: a time that is none.
absl::StatusOr<AuditEvent> EventOf(const v1::AuditEvent& event);
absl::StatusOr<AuditLog::Listing> ListingOf(const v1::ListAuditEventsRequest& request);

void ToProto(const AuditLog::Page& page, v1::ListAuditEventsResponse* response);

}  // namespace tokenforge::users
