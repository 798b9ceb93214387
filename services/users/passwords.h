// Passwords that are set: by their owner, by whoever proves to receive the owner's mail, by whoever
// registers where nobody may learn who has an account; and the verification of addresses.
//
// Every change is one transaction: the new hash, the end of sessions (Account::sessions_valid_from,
// which the façade and every refresh look at), the end of tokens that could set another password,
// the audit event, and the notice mail. What takes long (hashing) happens before it, on the bounded
// pool; so the transaction compares the hash that was looked at with the one that is there.
//
// Errors beside those of AccountStore and HashQueue. Thread-safe. What the constructor is given
// outlives this object and its tasks.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/secret/secret.h"
#include "services/users/account_store.h"
#include "services/users/hash_queue.h"
#include "services/users/password_policy.h"
#include "services/users/registration.h"
#include "services/users/token_store.h"

namespace tokenforge::users {

class Passwords {
 public:
  Passwords(AccountStore& store, TokenStore& tokens, HashQueue& hashing,
            const PasswordPolicy& policy, const clock::Clock& clock)
      : store_(store), tokens_(tokens), hashing_(hashing), policy_(policy), clock_(clock) {}

  // Notes a registration that the mail worker carries out (private_registration.h): the same work
  // and the same answer whether the address is free or not.
  async::Task<absl::Status> RegisterPrivately(Deadline deadline, Registration registration,
                                              Origin origin);

  struct Replacement {
    std::string user_id;
    secret::Secret current;
    secret::Secret wanted;
    std::string kept_session_id;  // all other sessions end; empty: this one too
  };
  // Replaces a password after comparing the present one. INVALID_CREDENTIALS: it is another, also
  // when somebody changed it in between. Only after a right one: ACCOUNT_DISABLED; INVALID_FIELD or
  // WEAK_PASSWORD on `new_password`, also when it is the present one. NOT_FOUND.
  async::Task<absl::StatusOr<Account>> Change(Deadline deadline, Replacement replacement,
                                              Origin origin);

  // Notes that a mail with a reset token is to go to whoever has the address. Whether anybody has
  // it is not looked at: the same work for all. INVALID_FIELD when the text is no email.
  async::Task<absl::Status> BeginReset(Deadline deadline, std::string email, Origin origin);

  // Sets a new password by a reset token. All sessions end, and the address counts as verified:
  // its owner received the token there. CODE_INVALID. INVALID_FIELD or WEAK_PASSWORD on
  // `new_password`: the token stays good. A second factor stays in force.
  async::Task<absl::StatusOr<Account>> CompleteReset(Deadline deadline, secret::Secret token,
                                                     secret::Secret wanted, Origin origin);

  // Notes that a mail with a verification token is to go to this user; nothing when the address is
  // verified. NOT_FOUND.
  async::Task<absl::Status> BeginVerification(Deadline deadline, std::string user_id,
                                              Origin origin);

  // Marks the address of a verification token's owner as verified. CODE_INVALID.
  async::Task<absl::StatusOr<Account>> CompleteVerification(Deadline deadline, secret::Secret token,
                                                            Origin origin);

 private:
  absl::Status CheckNew(const secret::Secret& wanted, const Account& owner) const;

  AccountStore& store_;
  TokenStore& tokens_;
  HashQueue& hashing_;
  const PasswordPolicy& policy_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::users
