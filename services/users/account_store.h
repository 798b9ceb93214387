// Where accounts are kept. One interface; its bodies are account_store_sql (PostgreSQL and SQLite)
// and account_store_memory (for tests), and one contract suite (tests/contract/users) runs on all
// of them.
//
// Every method is a task that ends by its deadline where the body can see to it, and never blocks
// the caller's thread. Errors: UNAVAILABLE DEPENDENCY_DOWN when the store does not answer (what was
// asked may have happened all the same: ask again), RESOURCE_EXHAUSTED OVERLOADED, DEADLINE_PASSED,
// INTERNAL_FAULT. None of them ever holds a stored or a given value.
//
// Thread-safe. A store outlives the tasks that it gave out.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/account.h"

namespace tokenforge::users {

using Deadline = clock::SteadyTime;

class AccountStore {
 public:
  virtual ~AccountStore() = default;

  // Stores a new account, durably before it answers, and returns it as it is stored. The caller
  // chose the ID, so that a retry after a lost answer is recognised: when the account is there
  // already under this ID and email, it is returned unchanged. EMAIL_TAKEN: another account has the
  // email. INVALID_FIELD: another account has the ID, or a text holds a NUL.
  virtual async::Task<absl::StatusOr<Account>> Create(Deadline deadline, NewAccount account) = 0;

  // NOT_FOUND when there is none.
  virtual async::Task<absl::StatusOr<Account>> FindById(Deadline deadline, std::string user_id) = 0;
  virtual async::Task<absl::StatusOr<Account>> FindByEmail(Deadline deadline,
                                                           CanonicalEmail email) = 0;

  // The same with the password's hash, for comparing a password and nothing else.
  virtual async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline deadline,
                                                                   CanonicalEmail email) = 0;

  // OK when the store answers and its schema is the one that this version works with.
  virtual async::Task<absl::Status> Ping(Deadline deadline) = 0;
};

}  // namespace tokenforge::users
