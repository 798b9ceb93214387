#include "services/users/factor_secrets.h"

#include <optional>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::users {
namespace {

std::string BoundTo(const std::string& user_id) {
  return "tokenforge/users/v1 totp secret\n" + user_id;
}

absl::Status Fault(const std::string& user_id, const std::string& why) {
  telemetry::Log(telemetry::Level::kError, "a second factor's secret cannot be used",
                 {{"sub", user_id}, {"why", why}});
  return errors::Make(errors::reasons::INTERNAL_FAULT, "The second factor cannot be checked.");
}

}  // namespace

absl::Status FactorSecrets::Ready() const {
  if (keys_ != nullptr) return absl::OkStatus();
  return errors::Make(errors::reasons::MFA_NOT_ENABLED,
                      "Second factors are not set up in this installation: its users service has "
                      "no factor-key-file.");
}

absl::StatusOr<std::string> FactorSecrets::Seal(const secret::Secret& secret,
                                                const std::string& user_id) const {
  const absl::StatusOr<sealing::Sealed> sealed = keys_->Seal(secret, BoundTo(user_id));
  if (!sealed.ok()) return Fault(user_id, std::string(sealed.status().message()));
  return sealed->ToText();
}

absl::StatusOr<secret::Secret> FactorSecrets::Open(const std::string& text,
                                                   const std::string& user_id) const {
  const std::optional<sealing::Sealed> sealed = sealing::Sealed::FromText(text);
  if (!sealed) return Fault(user_id, "what is stored is not sealed");
  absl::StatusOr<secret::Secret> opened = keys_->Open(*sealed, BoundTo(user_id));
  if (!opened.ok()) return Fault(user_id, std::string(opened.status().message()));
  return opened;
}

bool FactorSecrets::IsOutdated(const std::string& text) const {
  const std::optional<sealing::Sealed> sealed = sealing::Sealed::FromText(text);
  return sealed && sealed->key_id != keys_->first_id();
}

}  // namespace tokenforge::users
