// AuthenticatorApp: the app on a person's telephone that shows codes (RFC 6238). One thread.
#pragma once

#include <cstdint>
#include <string>

#include "lib/secret/secret.h"
#include "tests/system/facade_client.h"

namespace tokenforge::systemtest {

class AuthenticatorApp {
 public:
  // The secret as EnrollTotp gives it, base32.
  explicit AuthenticatorApp(const std::string& base32);

  // A code that the services accept and that was not used: of the step before this one, this one,
  // or the next. Three logins in half a minute are all that RFC 6238 allows.
  std::string FreshCode();

  // Six digits that are the code of no step near now.
  std::string WrongCode() const;

 private:
  const secret::Secret secret_;
  std::int64_t last_step_ = 0;
};

// Enrols and confirms a second factor for whoever the access token is of.
absl::Status EnableFactor(const FacadeClient& client, const std::string& access_token);

}  // namespace tokenforge::systemtest
