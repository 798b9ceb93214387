// What single-use tokens open. One interface; its body is token_store_sql over PostgreSQL and
// SQLite.
//
// Tasks, deadlines and errors as AccountStore's; beside them CODE_INVALID for a token that is
// unknown, used, expired, or whose account is disabled or gone. Thread-safe. A store outlives the
// tasks that it gave out.
#pragma once

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/account_store.h"
#include "services/users/single_use_token.h"

namespace tokenforge::users {

class TokenStore {
 public:
  virtual ~TokenStore() = default;

  // Whose token this is, without using it up.
  virtual async::Task<absl::StatusOr<Account>> FindOwner(Deadline deadline, TokenPurpose purpose,
                                                         TokenHash token, clock::WallTime now) = 0;

  // Uses the token up, with all others of its owner and purpose, and changes the owner's account as
  // AccountStore::Change does, in one transaction: an edit that refuses leaves the token good.
  virtual async::Task<absl::StatusOr<Account>> Redeem(Deadline deadline, TokenPurpose purpose,
                                                      TokenHash token, clock::WallTime now,
                                                      AccountStore::Edit edit) = 0;
};

}  // namespace tokenforge::users
