// Audit events as JSON Lines: one object a line, as `tokenforge audit export` writes them and other
// programs read them.
//
//   {"sequence":1,"event_time":"2027-01-15T08:00:00.123456Z","kind":"login.failed","user_id":"",
//    "actor":"","ip_address":"192.0.2.1","request_id":"…","trace_id":"…",
//    "attributes":{"email":"ann@example.org"},"hash":"65fbe4…"}
//
// Pure functions. Nothing that came from outside forges a line or hides in a terminal: control
// characters and Unicode's bidirectional ones are escaped, which JSON reads back as they were.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/audit/event.h"

namespace tokenforge::cli {

// Without a line end.
std::string JsonLineOf(const audit::Event& event);

// Nothing when the line is not such an object, with every member and no other.
std::optional<audit::Event> EventOfJsonLine(std::string_view line);

}  // namespace tokenforge::cli
