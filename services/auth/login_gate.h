// The login gate: every attempt to log in, register or reset a password is counted here before
// anything is tried, and settled when it is known how it ended.
//
//   const auto guess = co_await CountPassword(facade, origin, *account);
//   if (!guess.ok()) co_return guess.status();
//   const auto verified = co_await facade.users.VerifyPassword(origin, *guess, request);
//   co_await Settle(facade, origin, guess->plan(), VerdictOf(verified.status()));
//
// Counted before, not after: guesses that run side by side would all pass a count that only
// failures raise. What is never settled stays counted, so every way out that nobody thought of is
// on the safe side.
//
// Where a password is to be hashed, room for that is taken first (hash_gate.h): OVERLOADED, and
// nothing was counted.
//
// Errors of all Count functions: RATE_LIMITED or ACCOUNT_LOCKED with RetryInfo and what
// limit_refusal.h tells; UNAVAILABLE DEPENDENCY_DOWN while the limits cannot be asked (nobody is
// let through unseen). The same for accounts that exist and that do not, for right passwords and
// wrong.
//
// Flows as in login_flows.h: what is passed by reference outlives the task.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/auth/counted_attempt.h"
#include "services/auth/facade.h"
#include "services/auth/origin.h"

namespace tokenforge::auth {

// Before a password is compared: at a login, and wherever else somebody proves to be the owner of
// an account with it.
async::Task<absl::StatusOr<CountedPassword>> CountPassword(Facade& facade, const Origin& origin,
                                                           const email::CanonicalEmail& account);

// Before a code or recovery code is compared: the second step of a login. `account` is whose
// password opened the challenge.
async::Task<absl::StatusOr<CountedCode>> CountCode(Facade& facade, const Origin& origin,
                                                   const email::CanonicalEmail& account,
                                                   const std::string& challenge);

// Before an account is made.
async::Task<absl::StatusOr<CountedRegistration>> CountRegistration(Facade& facade,
                                                                   const Origin& origin);

// Before a mail with a reset token is sent, or not sent because nobody has the address.
async::Task<absl::StatusOr<CountedReset>> CountReset(Facade& facade, const Origin& origin,
                                                     const email::CanonicalEmail& account);

// How an attempt ended, as far as this process saw it.
enum class Verdict {
  kRight,     // who made it is who they say
  kStepDone,  // the password was right and a second factor is due: nothing is given back, or
              // whoever knows the password would have codes without end
  kWrong,     // it was wrong
  kUnseen,    // our caller went away or ran out of time. Counts as wrong: an attacker could give
              // up on every guess in time, and have the password check for free
  kUntold,    // the service that knows could not look: down, overloaded, closing
};

// The verdict in an answer of the users service. An error that this process does not know is
// kUnseen.
Verdict VerdictOf(const absl::Status& answer);

// Gives back what the verdict earns, before the caller is answered, so that an attempt that follows
// finds it; with time of its own, for the caller's may be up. Never fails: what could not be given
// back stays counted and is a log line.
async::Task<void> Settle(Facade& facade, const Origin& origin, const LimitPlan& plan,
                         Verdict verdict);

}  // namespace tokenforge::auth
