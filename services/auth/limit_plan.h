// LimitPlan: which rate limits an attempt comes out of, and what is given back once it is known how
// the attempt ended.
//
// Accounts are named by their canonical email and addresses by their subscriber (ip_address.h), so
// that neither another spelling of an email nor another address of the same IPv6 network is a fresh
// bucket. Nothing here depends on whether the account exists.
//
// Pure functions, thread-safe.
#pragma once

#include <string_view>

#include "lib/email/canonical_email.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::auth {

struct LimitPlan {
  sessions::v1::TakeTokensRequest take;         // before the attempt, all or none
  sessions::v1::TakeTokensRequest when_right;   // given back when it was right
  sessions::v1::TakeTokensRequest when_untold;  // given back when nobody could tell
};

// A password: login_account (account and address), login_address, account_lock. When it was right,
// the account's share comes back and its streak of failures ends; the address keeps paying. When
// nobody could tell, everything comes back, and the streak is as long as before: an attacker who
// overloads the password check must not end it with that.
LimitPlan PasswordPlan(const email::CanonicalEmail& account, std::string_view subscriber);

// The second step of a login: second_factor (the challenge, known to the store by its hash only)
// and account_lock. When the code was right, what the password of the first step took comes back
// too: a login with a second factor is right when both are.
LimitPlan CodePlan(const email::CanonicalEmail& account, std::string_view subscriber,
                   std::string_view challenge);

// A registration: register_address. It comes back when nobody could tell, never because the email
// was taken: asking who has an account is what this limit slows down.
LimitPlan RegistrationPlan(std::string_view subscriber);

// A request for a password reset: reset_account.
LimitPlan ResetPlan(const email::CanonicalEmail& account);

// What an administrator gives back to an account: the streak of failures that locks it ends.
sessions::v1::TakeTokensRequest EndOfLock(const email::CanonicalEmail& account);

}  // namespace tokenforge::auth
