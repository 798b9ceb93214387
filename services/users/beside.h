// Beside: what is written in the same transaction as a change of an account: the audit events that
// tell of it, the mails that it causes, the tokens that it makes useless.
//
// Why: an event or a mail that is written apart can be lost when the process dies in between, or
// tell of something that never happened.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/users/audit_event.h"
#include "services/users/known_devices.h"
#include "services/users/mail_intent.h"
#include "services/users/single_use_token.h"

namespace tokenforge::users {

// All tokens that a user has for one purpose: a new password leaves no other way to set one open.
struct SpentTokens {
  std::string user_id;
  TokenPurpose purpose;
};

struct Beside {
  std::vector<AuditEvent> events = {};
  std::vector<MailIntent> mails = {};
  std::vector<SpentTokens> spent = {};
  std::optional<LoginSeen> login = {};  // once per login: after the second factor, if there is one
};

}  // namespace tokenforge::users
