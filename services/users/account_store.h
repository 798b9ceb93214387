// Where accounts are kept. One interface; its bodies are account_store_sql over PostgreSQL and over
// SQLite, and one contract suite (tests/contract/users) runs on both.
//
// Every method is a task that ends by its deadline where the body can see to it, and never blocks
// the caller's thread. Errors: those of SqlDatabase. None of them ever holds a stored or a given
// value.
//
// What changes an account is one transaction with what is written beside it (beside.h): audit
// events and mails are there exactly when the change is.
//
// Thread-safe. A store outlives the tasks that it gave out.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/account.h"
#include "services/users/beside.h"

namespace tokenforge::users {

using Deadline = clock::SteadyTime;

class AccountStore {
 public:
  // What a change does: looks at the account as it is now, edits it (all but ID, email and time of
  // creation; update_time is the edit's to set), and returns what is written beside it. Nothing:
  // there is nothing to change, and nothing is written. An error: nothing is written, and Change
  // answers with it. Runs inside the transaction, perhaps twice: it must be quick and keep nothing.
  using Edit = std::function<absl::StatusOr<std::optional<Beside>>(Credentials& account)>;

  virtual ~AccountStore() = default;

  // Stores a new account, durably before it answers, and returns it as it is stored. The caller
  // chose the ID, so that a retry after a lost answer is recognised: when the account is there
  // already under this ID and email, it is returned unchanged and nothing is written. EMAIL_TAKEN:
  // another account has the email. INVALID_FIELD: another account has the ID, or a text holds a
  // NUL.
  virtual async::Task<absl::StatusOr<Account>> Create(Deadline deadline, NewAccount account,
                                                      Beside beside) = 0;

  // NOT_FOUND when there is none.
  virtual async::Task<absl::StatusOr<Account>> FindById(Deadline deadline, std::string user_id) = 0;
  virtual async::Task<absl::StatusOr<Account>> FindByEmail(Deadline deadline,
                                                           CanonicalEmail email) = 0;

  // The same with the password's hash, for comparing a password and nothing else.
  virtual async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline deadline,
                                                                   CanonicalEmail email) = 0;

  virtual async::Task<absl::StatusOr<Credentials>> FindCredentialsById(Deadline deadline,
                                                                       std::string user_id) = 0;

  // Changes an account as one step that no other change comes between, and returns it as it is
  // stored now. NOT_FOUND when there is none. INVALID_FIELD when a text holds a NUL.
  virtual async::Task<absl::StatusOr<Account>> Change(Deadline deadline, std::string user_id,
                                                      Edit edit) = 0;

  // Writes what no change of an account goes with: an event of a login that failed. All of it or
  // nothing; calls that come while another's commit is under way share one commit.
  virtual async::Task<absl::Status> Record(Deadline deadline, Beside beside) = 0;
};

}  // namespace tokenforge::users
