// FactorLogin: a login with a second factor, without gRPC: the right password opens a challenge
// (Open), and the challenge with one right code is a login (Complete).
//
// What holds however calls race: a code is worth one login; a challenge is worth one login and at
// most kMaxTries wrong codes (whatever the rate limits remember); and only the service that asked
// for the first step completes it.
//
// Without keys for the secrets nothing here works (MFA_NOT_ENABLED): a login must never go on
// without the second factor that its account has. Errors beside those of FactorStore. Thread-safe.
// What the constructor is given outlives this object and its tasks.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/secret/secret.h"
#include "services/users/factor_secrets.h"
#include "services/users/factor_store.h"
#include "services/users/origin.h"

namespace tokenforge::users {

class FactorLogin {
 public:
  static constexpr int kMaxTries = 5;

  FactorLogin(FactorStore& store, const FactorSecrets& secrets, const clock::Clock& clock)
      : store_(store), secrets_(secrets), clock_(clock) {}

  struct Challenge {
    secret::Secret text;
    clock::WallTime expire_time;
  };
  // After a right password of an account with mfa_enabled, which is in the audit log already.
  // `device_address` is what the device says its address is, for the session.
  async::Task<absl::StatusOr<Challenge>> Open(Deadline deadline, std::string user_id,
                                              std::string device_address, Origin origin);

  // Whose a challenge is, without using it up: for counting guesses. CHALLENGE_INVALID: unknown,
  // used or expired. Not when it was tried too often: the count of guesses tells of that.
  async::Task<absl::StatusOr<Account>> Find(Deadline deadline, std::string challenge);

  struct Code {
    enum Kind { kTotp, kRecovery };
    Kind kind = kTotp;
    secret::Secret text;
  };
  struct Login {
    Account account;
    LoginChallenge first_step;
  };
  // The second step, by a guess that was counted against `user_id`; a right code uses up itself,
  // every older one, and the challenge. CHALLENGE_INVALID: unknown, used, expired, another user's
  // or service's, tried too often, or older than the account's last change of password or of its
  // second factor. CODE_INVALID: wrong or used. ACCOUNT_DISABLED.
  async::Task<absl::StatusOr<Login>> Complete(Deadline deadline, std::string user_id,
                                              std::string challenge, Code code, Origin origin);

 private:
  struct Attempt;
  absl::StatusOr<std::optional<Beside>> CompleteNow(FactorState& state, Attempt& attempt) const;
  absl::StatusOr<bool> UseCode(FactorState& state, const Code& code) const;
  absl::StatusOr<bool> UseTotp(FactorState& state, const secret::Secret& code) const;

  FactorStore& store_;
  const FactorSecrets& secrets_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::users
