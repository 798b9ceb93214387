#include "services/users/audit_event.h"

#include <utility>

namespace tokenforge::users {

AuditEvent Audited(const Origin& origin, clock::WallTime now, std::string kind, std::string user_id,
                   std::map<std::string, std::string> attributes) {
  return {.time = now,
          .kind = std::move(kind),
          .user_id = std::move(user_id),
          .actor = origin.actor,
          .ip_address = origin.ip_address,
          .request_id = origin.request_id,
          .trace_id = origin.trace_id,
          .attributes = std::move(attributes)};
}

}  // namespace tokenforge::users
