// A mail as the outbox gives it out, and how full the outbox is. Plain values.
#pragma once

#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "services/users/mail_intent.h"

namespace tokenforge::users {

// A mail that was claimed.
struct QueuedMail {
  std::string id;  // a UUID
  MailIntent intent;
  int attempts = 0;  // claims so far, this one included
  // False when what stands in the database is not what was put in; intent has no attributes then.
  bool legible = true;
};

struct OutboxDepth {
  long long mails = 0;
  std::optional<clock::WallTime> oldest;  // when the first of them was asked for
};

}  // namespace tokenforge::users
