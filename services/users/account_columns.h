// AccountColumns: an account's columns as SOCI binds them, without the password's hash, and the
// account that they mean.
//
// Why apart from AccountRows: listings read the same columns, and have no business with hashes.
//
// A plain value; what a statement is bound to must stay where it is.
#pragma once

#include <string>
#include <vector>

#include "services/users/account.h"

namespace tokenforge::users {

struct AccountColumns {
  // What a select names, in the order of Into.
  static constexpr const char* kNames =
      "id, email, email_verified, given_name, family_name, roles, scopes, disabled, mfa_enabled, "
      "create_time, update_time, sessions_valid_from, kept_session_id";

  std::string id = {};
  std::string email = {};
  int email_verified = 0;
  std::string given_name = {};
  std::string family_name = {};
  std::string roles = {};   // joined by spaces
  std::string scopes = {};  // the same
  int disabled = 0;
  int mfa_enabled = 0;
  long long create_time = 0;  // microseconds of Unix time
  long long update_time = 0;
  long long sessions_valid_from = 0;
  std::string kept_session_id = {};
};

// Throws std::runtime_error when an email is not canonical: somebody else wrote into the database.
Account AccountOf(const AccountColumns& columns);

// Roles and scopes as one text; neither holds a space.
std::string JoinWords(const std::vector<std::string>& words);

}  // namespace tokenforge::users
