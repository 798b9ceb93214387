// Session and what goes with it: values that stores keep, rules decide on and messages are made of.
#pragma once

#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/uuid/uuid.h"
#include "services/sessions/session_rules.h"

namespace tokenforge::sessions {

// What a person recognises a session by.
struct Device {
  std::string name;
  std::string user_agent;
  std::string ip_address;
  friend bool operator==(const Device&, const Device&) = default;
};

struct Session {
  uuid::Uuid user;
  uuid::Uuid id;
  Lineage lineage;
  std::string client;  // SPIFFE ID of the peer that asked for it; empty: not bound to one
  Device device;
  std::vector<std::string> amr;  // RFC 8176
  friend bool operator==(const Session&, const Session&) = default;
};

// When an operation happens, and until when it is worth waiting for.
struct Moment {
  Time now;
  clock::SteadyTime deadline;
  Span anchored{0};  // AnchoredClock's time, for limits: one that nobody can set forward
};

// A refresh token that was presented, and by whom.
struct Presented {
  uuid::Uuid user;
  uuid::Uuid session;
  uint32_t generation = 1;
  std::string client;  // empty: not checked
  Device device;       // non-empty fields replace what is stored when the session moves on
};

}  // namespace tokenforge::sessions
