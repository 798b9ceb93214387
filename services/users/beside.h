// Beside: what is written in the same transaction as a change of an account: the audit events that
// tell of it and the mails that it causes.
//
// Why: an event or a mail that is written apart can be lost when the process dies in between, or
// tell of something that never happened.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "services/users/audit_event.h"

namespace tokenforge::users {

// A mail to be sent once its transaction is committed. Holds no token: the sender makes it.
struct MailIntent {
  std::string kind;     // which template
  std::string email;    // canonical form; whether anybody has it, the sender finds out
  std::string user_id;  // empty when not known yet
  clock::WallTime create_time;
  std::map<std::string, std::string> attributes = {};  // what the template shows
};

struct Beside {
  std::vector<AuditEvent> events = {};
  std::vector<MailIntent> mails = {};
};

}  // namespace tokenforge::users
