// CountedAttempt: the proof that an attempt was counted against its rate limits.
//
// Why a type: the clients of the services behind ask for one wherever a password, a code or an
// email is tried, and only the gate (login_gate.h) makes one, so a new way to log in that forgets
// the limits does not compile. It also names the account: what was counted is what is tried.
//
// A value that can be moved; immutable. Where a password is hashed it also holds the room for that
// (hash_gate.h), so it lives as long as the attempt.
#pragma once

#include <string>
#include <utility>

#include "services/auth/hash_gate.h"
#include "services/auth/limit_plan.h"

namespace tokenforge::auth {

enum class Attempt { kPassword, kCode, kRegistration, kReset };

template <Attempt kAttempt>
class CountedAttempt {
 public:
  // In canonical form; empty for a registration, whose account is not there yet.
  const std::string& email() const { return email_; }
  const LimitPlan& plan() const { return plan_; }

 private:
  friend struct CountedMaker;  // login_gate.cc
  CountedAttempt(std::string email, LimitPlan plan, HashGate::Slot room)
      : email_(std::move(email)), plan_(std::move(plan)), room_(std::move(room)) {}
  std::string email_;
  LimitPlan plan_;
  HashGate::Slot room_;
};

using CountedPassword = CountedAttempt<Attempt::kPassword>;
using CountedCode = CountedAttempt<Attempt::kCode>;
using CountedRegistration = CountedAttempt<Attempt::kRegistration>;
using CountedReset = CountedAttempt<Attempt::kReset>;

}  // namespace tokenforge::auth
