// Where second factors and login challenges are kept. One interface; its body is factor_store_sql
// over PostgreSQL and SQLite, and one contract suite (tests/contract/users) runs on both.
//
// Everything about a user's second factor is changed while the account's row is locked, in one
// transaction with what is written beside it: of two calls that use the same code, the second reads
// what the first wrote.
//
// Tasks, deadlines and errors as AccountStore's. Thread-safe. A store outlives the tasks that it
// gave out.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/users/account_store.h"
#include "services/users/beside.h"
#include "services/users/factor.h"

namespace tokenforge::users {

class FactorStore {
 public:
  // What a change does: looks at the state as it is now, edits it (of the account: mfa_enabled and
  // update_time), and returns what is written beside it. Nothing: nothing is written. An error:
  // nothing is written, and Change answers with it. Runs inside the transaction, perhaps twice: it
  // must be quick and begin from nothing each time.
  using Edit = std::function<absl::StatusOr<std::optional<Beside>>(FactorState& state)>;

  // Which user, and the challenge if one is tried.
  struct Key {
    std::string user_id = {};         // empty: the challenge's
    std::string challenge_hash = {};  // empty: none
  };

  virtual ~FactorStore() = default;

  // As it is now, for looking only. NOT_FOUND when there is no such account, or no such challenge.
  virtual async::Task<absl::StatusOr<FactorState>> Find(Deadline deadline, Key key) = 0;

  // Changes it as one step. NOT_FOUND as Find.
  virtual async::Task<absl::Status> Change(Deadline deadline, Key key, Edit edit) = 0;

  // Stores a challenge, and forgets the user's expired ones. INVALID_FIELD when a text holds a NUL.
  virtual async::Task<absl::Status> Open(Deadline deadline, LoginChallenge challenge,
                                         Beside beside) = 0;
};

}  // namespace tokenforge::users
