// AuditEvent: one security event, as it is kept in the audit log. Never holds a secret or a whole
// token.
//
// A plain value.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "services/users/origin.h"

namespace tokenforge::users {

struct AuditEvent {
  std::int64_t sequence = 0;  // set by the log: grows by one with each event
  clock::WallTime time = {};  // whole microseconds
  std::string kind = {};      // "login.failed"
  std::string user_id = {};   // whom it concerns; may be empty
  std::string actor = {};     // who did it: user ID or SPIFFE ID; may be empty
  std::string ip_address = {};
  std::string request_id = {};
  std::string trace_id = {};
  std::map<std::string, std::string> attributes = {};  // what else belongs to this kind
  std::string hash = {};  // set by the log: 32 bytes over this event and the hash before it
};

// An event of now, by whoever the call came from.
AuditEvent Audited(const Origin& origin, clock::WallTime now, std::string kind, std::string user_id,
                   std::map<std::string, std::string> attributes = {});

}  // namespace tokenforge::users
