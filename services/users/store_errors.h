// The errors that every body of AccountStore gives in the same words.
#pragma once

#include "absl/status/status.h"
#include "lib/errors/errors.h"

namespace tokenforge::users {

inline absl::Status EmailTaken() {
  return errors::Make(errors::reasons::EMAIL_TAKEN,
                      "An account with this email exists; log in, or use another address.");
}

inline absl::Status UserIdTaken() {
  return errors::InvalidFields({{"user_id", "belongs to another account; make a new one"}});
}

inline absl::Status AccountNotFound() {
  return errors::Make(errors::reasons::NOT_FOUND, "There is no such account.");
}

inline absl::Status LastAdministrator() {
  return errors::Make(errors::reasons::LAST_ADMINISTRATOR,
                      "This is the only enabled administrator; make another one first.");
}

inline absl::Status TokenInvalid() {
  return errors::Make(errors::reasons::CODE_INVALID,
                      "The token is wrong, was used, or came too late; ask for a new mail.");
}

inline absl::Status HoldsNul() {
  return errors::InvalidFields({{"account", "holds a NUL character"}});
}

}  // namespace tokenforge::users
