// MailIntent: a mail that is to be sent once its transaction is committed. Holds no token: the
// sender makes it. A plain value.
#pragma once

#include <map>
#include <string>

#include "lib/clock/clock.h"

namespace tokenforge::users {

struct MailIntent {
  std::string kind;     // which template
  std::string email;    // canonical form; whether anybody has it, the sender finds out
  std::string user_id;  // empty when not known yet
  clock::WallTime create_time;
  std::map<std::string, std::string> attributes = {};  // what the template shows
};

}  // namespace tokenforge::users
