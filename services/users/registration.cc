#include "services/users/registration.h"

#include <optional>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/text.h"

namespace tokenforge::users {
namespace {

using Faults = std::vector<errors::FieldFault>;

void CheckUserId(std::string_view user_id, Faults& faults) {
  if (!uuid::IsCanonical(user_id)) faults.push_back({"user_id", "must be a lower-case UUID"});
}

void CheckName(const std::string& field, std::string_view name, Faults& faults) {
  const std::optional<std::size_t> code_points = CountCodePoints(name);
  if (!code_points) {
    faults.push_back({field, "is not valid UTF-8"});
    return;
  }
  if (*code_points > kMaxNameCodePoints) {
    faults.push_back({field, "is longer than 100 characters"});
  }
  if (HoldsControlCharacter(name)) faults.push_back({field, "holds a control character"});
}

}  // namespace

Registration::Registration(const RegistrationForm& form, CanonicalEmail email)
    : user_id_(form.user_id),
      email_(std::move(email)),
      password_(form.password),
      given_name_(form.given_name),
      family_name_(form.family_name) {}

absl::StatusOr<Registration> CheckRegistration(const RegistrationForm& form,
                                               const PasswordPolicy& policy) {
  Faults faults;
  CheckUserId(form.user_id, faults);
  absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(form.email);
  if (!email.ok()) {
    for (errors::FieldFault& fault : errors::FaultsOf(email.status())) {
      faults.push_back(std::move(fault));
    }
  }
  const PasswordFaults password =
      policy.FaultsOfNew(form.password, {form.email, form.given_name, form.family_name});
  for (const std::string& fault : password.invalid) faults.push_back({"password", fault});
  CheckName("given_name", form.given_name, faults);
  CheckName("family_name", form.family_name, faults);

  const errors::Reason reason =
      faults.empty() ? errors::reasons::WEAK_PASSWORD : errors::reasons::INVALID_FIELD;
  for (const std::string& fault : password.weak) faults.push_back({"password", fault});
  if (!faults.empty()) return errors::InvalidFields(faults, reason);
  return Registration(form, *std::move(email));
}

}  // namespace tokenforge::users
