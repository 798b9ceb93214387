// A row of an import, checked on its own. Pure rules.
//
// What is checked is what registering would check, but for the password: its hash was made
// elsewhere, so only its kind and its cost are looked at (stored_hash.h), and that takes
// microseconds. Nothing is computed, and no fault repeats what a row holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "services/users/account.h"

namespace tokenforge::users {

// As it came, any bytes.
struct ImportForm {
  std::string user_id = {};  // empty: a new one is made
  std::string email = {};
  bool email_verified = false;
  std::string given_name = {};
  std::string family_name = {};
  std::vector<std::string> roles = {};
  std::vector<std::string> scopes = {};
  bool disabled = false;
  std::optional<clock::WallTime> create_time = std::nullopt;  // nothing: now
  std::string password_hash = {};
};

// The account that the row becomes; INVALID_FIELD with every fault of it. A time of creation in the
// future or before 1970 is a fault.
absl::StatusOr<Credentials> CheckImport(const ImportForm& form, clock::WallTime now);

}  // namespace tokenforge::users
