// What the users service does: create an account, prove its owner by a password, look one up.
//
// These are the flows behind user_service, without gRPC: each is a task of a few awaits on the
// store and one on the hashing pool. Hashing has a pool of its own, so that a storm of
// logins cannot keep look-ups (and with them refreshes) from the database's threads.
//
// Errors beside those of AccountStore: OVERLOADED when the hashing queue is full. Thread-safe. What
// the constructor is given outlives this object and its tasks.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/secret/secret.h"
#include "services/users/account_store.h"
#include "services/users/hash_queue.h"
#include "services/users/registration.h"

namespace tokenforge::users {

class Accounts {
 public:
  Accounts(AccountStore& store, HashQueue& hashing, const PasswordPolicy& passwords,
           const clock::Clock& clock);

  // What a new password must be.
  const PasswordPolicy& passwords() const { return passwords_; }

  // EMAIL_TAKEN when another account has the email; it takes as long as a success, the hash
  // included.
  async::Task<absl::StatusOr<Account>> Create(Deadline deadline, Registration registration,
                                              Origin origin);

  // The account whose password this is. Whatever the verdict, it is in the audit log before it is
  // told: `login.succeeded`, `login.password_accepted` when a second factor is due, or
  // `login.failed`; what cannot be recorded is UNAVAILABLE. INVALID_CREDENTIALS, in the same words
  // and after the same work, whether the email is none, nobody's, or the password is not its own.
  // ACCOUNT_DISABLED only after a right password. A stored hash that is outdated is replaced on the
  // way, if that can be done.
  async::Task<absl::StatusOr<Account>> VerifyPassword(Deadline deadline, std::string email,
                                                      secret::Secret password, Origin origin);

  // NOT_FOUND when there is none; INVALID_FIELD when the text is no ID or no email.
  async::Task<absl::StatusOr<Account>> Get(Deadline deadline, std::string user_id);
  async::Task<absl::StatusOr<Account>> GetByEmail(Deadline deadline, std::string email);

 private:
  async::Task<void> Renew(Deadline deadline, Origin origin, const Credentials& found,
                          secret::Secret renewed);

  AccountStore& store_;
  HashQueue& hashing_;
  const PasswordPolicy& passwords_;
  const clock::Clock& clock_;
  const CanonicalEmail nobody_;
};

}  // namespace tokenforge::users
