// AuditEvent: one security event (lib/audit), and how the rules of this service make one.
//
// A plain value.
#pragma once

#include <map>
#include <string>

#include "lib/audit/event.h"
#include "lib/clock/clock.h"
#include "services/users/origin.h"

namespace tokenforge::users {

using AuditEvent = audit::Event;

// An event of now, by whoever the call came from. An attribute's value that is no text of at most
// kMaxAttribute characters without control characters is not kept: "(not kept)" stands for it. An
// event is never lost, and no change refused, because of what somebody put into a field.
AuditEvent Audited(const Origin& origin, clock::WallTime now, std::string kind, std::string user_id,
                   std::map<std::string, std::string> attributes = {});

inline constexpr std::size_t kMaxAttribute = 1024;  // characters

// Whether every database keeps the event as it is, byte for byte: all of it is UTF-8 without NUL.
// What is not kept as it was hashed would look like forgery.
bool IsStorable(const AuditEvent& event);

}  // namespace tokenforge::users
