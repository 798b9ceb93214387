// FactorSecrets: TOTP secrets as they are stored: sealed under keys from a file that no database
// holds (lib/sealing), each bound to its user, so that a row copied to another account opens
// nothing.
//
// Immutable; thread-safe. The keys outlive it.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/sealing/sealing_keys.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {

class FactorSecrets {
 public:
  // `keys` may be null: an installation without second factors.
  explicit FactorSecrets(const sealing::SealingKeys* keys) : keys_(keys) {}

  // MFA_NOT_ENABLED, saying which setting is missing.
  absl::Status Ready() const;

  // For use after Ready. INTERNAL_FAULT, and a log line for operators, when what was stored does
  // not open: a key was taken out of the file too early, or the row is not ours.
  absl::StatusOr<std::string> Seal(const secret::Secret& secret, const std::string& user_id) const;
  absl::StatusOr<secret::Secret> Open(const std::string& sealed, const std::string& user_id) const;

  // Whether it should be sealed anew: it is under another key than the first.
  bool IsOutdated(const std::string& sealed) const;

 private:
  const sealing::SealingKeys* keys_;
};

}  // namespace tokenforge::users
