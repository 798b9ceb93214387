// An account, as stores and rules see it. Plain values; nothing here is secret but
// Credentials::password_hash.
#pragma once

#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/email/canonical_email.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {

using email::CanonicalEmail;

struct Account {
  std::string user_id;  // lower-case UUID
  CanonicalEmail email;
  bool email_verified = false;
  std::string given_name;
  std::string family_name;
  std::vector<std::string> roles = {};   // sorted
  std::vector<std::string> scopes = {};  // sorted
  bool disabled = false;
  bool mfa_enabled = false;     // a second factor is in force
  clock::WallTime create_time;  // whole microseconds
  clock::WallTime update_time;
  // Sessions that began before this have ended, but for the kept one: whoever changed the password
  // keeps the session they did it in. The epoch: none have.
  clock::WallTime sessions_valid_from = {};
  std::string kept_session_id = {};
};

// An account together with what proves its owner.
struct Credentials {
  Account account;
  secret::Secret password_hash;  // the text of password_hash.h
};

// What a new account begins with: no roles, no scopes, enabled, its email not verified.
struct NewAccount {
  std::string user_id;
  CanonicalEmail email;
  std::string given_name;
  std::string family_name;
  secret::Secret password_hash;
  clock::WallTime create_time;
};

}  // namespace tokenforge::users
