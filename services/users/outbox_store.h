// The mails that wait to be sent. One interface; its body is outbox_store_sql over PostgreSQL and
// SQLite. Mails get in with what causes them (beside.h); here is how they get out.
//
// Any number of processes may take from one outbox: see outbox_rows.h for claims. Tasks, deadlines
// and errors as AccountStore's. Thread-safe. A store outlives the tasks that it gave out.
#pragma once

#include <chrono>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/account_store.h"
#include "services/users/beside.h"
#include "services/users/queued_mail.h"
#include "services/users/single_use_token.h"

namespace tokenforge::users {

class OutboxStore {
 public:
  using Claimed = std::optional<QueuedMail>;
  using Recipient = std::optional<Account>;

  virtual ~OutboxStore() = default;

  // The next mail that is due, ours until `lease_end`; nothing when none is.
  virtual async::Task<absl::StatusOr<Claimed>> Claim(Deadline deadline, clock::WallTime now,
                                                     clock::WallTime lease_end) = 0;

  // Stores a token for whoever has the mail's address, so that it is good before it is sent.
  // Nothing when nobody has the address, or a disabled account.
  virtual async::Task<absl::StatusOr<Recipient>> PutToken(Deadline deadline, QueuedMail claimed,
                                                          TokenPurpose purpose, TokenHash token,
                                                          clock::WallTime expire_time) = 0;

  // The mail was sent, or given up. False when the claim had ended before.
  virtual async::Task<absl::StatusOr<bool>> Remove(Deadline deadline, QueuedMail claimed) = 0;
  virtual async::Task<absl::StatusOr<bool>> Postpone(Deadline deadline, QueuedMail claimed,
                                                     clock::WallTime until) = 0;

  // Makes the account of a private registration, if its address is free, and writes `created` or,
  // when it is not, `taken` beside it, in the place of `claimed`.
  virtual async::Task<absl::Status> Register(Deadline deadline, QueuedMail claimed,
                                             NewAccount account, Beside created, Beside taken) = 0;

  virtual async::Task<absl::StatusOr<OutboxDepth>> Depth(Deadline deadline) = 0;

  // Forgets single-use tokens that expired, some hundred at most; how many there were.
  virtual async::Task<absl::StatusOr<long long>> RemoveExpiredTokens(Deadline deadline,
                                                                     clock::WallTime now) = 0;
};

}  // namespace tokenforge::users
