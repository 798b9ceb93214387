// audit::Event: one security event, as the audit log keeps it, links it and shows it. Never holds a
// secret or a whole token.
//
// A plain value. Its texts are UTF-8 without control characters; its time is whole microseconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "lib/clock/clock.h"

namespace tokenforge::audit {

struct Event {
  std::int64_t sequence = 0;  // set by the log: 1 for the first, and one more for each that follows
  clock::WallTime time = {};  // when it happened, by the clock of who saw it
  std::string kind = {};      // "login.failed"
  std::string user_id = {};   // whom it concerns; may be empty
  std::string actor = {};     // who did it: user ID or SPIFFE ID; may be empty
  std::string ip_address = {};
  std::string request_id = {};
  std::string trace_id = {};
  std::map<std::string, std::string> attributes = {};  // what else belongs to this kind
  std::string hash = {};  // set by the log: 32 bytes over this event and the hash before it

  friend bool operator==(const Event&, const Event&) = default;
};

}  // namespace tokenforge::audit
