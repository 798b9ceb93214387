// Factors: how an account gets a second factor and loses it, without gRPC. What a login does with
// it is factor_login.h.
//
// Without keys for the secrets nothing here works: MFA_NOT_ENABLED, naming the missing setting.
// Errors beside those of FactorStore; INVALID_FIELD when the ID is none. Every change is one
// transaction with its audit event and the mail that tells the owner. Thread-safe. What the
// constructor is given outlives this object and its tasks.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/secret/secret.h"
#include "services/users/factor_secrets.h"
#include "services/users/factor_store.h"
#include "services/users/hash_queue.h"
#include "services/users/origin.h"

namespace tokenforge::users {

// In the order in which they were made; shown to their owner once.
using RecoveryCodes = std::vector<secret::Secret>;

class Factors {
 public:
  // Wrong codes for one enrolment. Guessing one gains nothing, for whoever enrols is told the
  // secret; the bound is for whoever finds a session open and knows no secret.
  static constexpr int kMaxTries = 5;

  // `issuer` is what an app shows beside the account.
  Factors(FactorStore& store, HashQueue& hashing, const FactorSecrets& secrets, std::string issuer,
          const clock::Clock& clock);

  struct Enrolment {
    secret::Secret secret;  // base32
    secret::Secret otpauth_uri;
  };
  // Makes a secret that is not yet in force; one that waited is replaced. MFA_ALREADY_ENABLED.
  async::Task<absl::StatusOr<Enrolment>> Enroll(Deadline deadline, std::string user_id,
                                                Origin origin);

  // Puts the enrolled secret in force and gives ten recovery codes, which are never shown again.
  // The code of the confirmation logs nobody in any more. CODE_INVALID: wrong; after kMaxTries of
  // them the enrolment is gone. MFA_NOT_ENABLED: none waits. MFA_ALREADY_ENABLED.
  async::Task<absl::StatusOr<RecoveryCodes>> Confirm(Deadline deadline, std::string user_id,
                                                     secret::Secret code, Origin origin);

  // Removes the second factor, what waited to be confirmed, and every login that waits for a code.
  // INVALID_CREDENTIALS: not the password. MFA_NOT_ENABLED, after a right password: there is
  // nothing to remove.
  async::Task<absl::Status> Disable(Deadline deadline, std::string user_id, secret::Secret password,
                                    Origin origin);

 private:
  absl::StatusOr<std::optional<Beside>> ConfirmNow(FactorState& state, const secret::Secret& code,
                                                   const Origin& origin,
                                                   absl::StatusOr<RecoveryCodes>& answer) const;
  async::Task<absl::StatusOr<bool>> Compare(Deadline deadline, const FactorState& state,
                                            const secret::Secret& password, const Origin& origin);

  FactorStore& store_;
  HashQueue& hashing_;
  const FactorSecrets& secrets_;
  const std::string issuer_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::users
