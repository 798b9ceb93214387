#include "services/users/registration.h"

#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "services/users/directory_rules.h"

namespace tokenforge::users {

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
