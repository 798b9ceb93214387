// What somebody who wants an account sends, checked as a whole. A pure rule.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/email/canonical_email.h"
#include "lib/secret/secret.h"
#include "services/users/password_policy.h"

namespace tokenforge::users {

using email::CanonicalEmail;

inline constexpr std::size_t kMaxNameCodePoints = 100;

// As it came, any bytes.
struct RegistrationForm {
  std::string_view user_id;
  std::string_view email;
  std::string_view password;
  std::string_view given_name;
  std::string_view family_name;
};

// Proof that a form was in order: only CheckRegistration makes one.
class Registration {
 public:
  const std::string& user_id() const { return user_id_; }
  const CanonicalEmail& email() const { return email_; }
  const secret::Secret& password() const { return password_; }
  const std::string& given_name() const { return given_name_; }
  const std::string& family_name() const { return family_name_; }

 private:
  friend absl::StatusOr<Registration> CheckRegistration(const RegistrationForm& form,
                                                        const PasswordPolicy& policy);
  Registration(const RegistrationForm& form, CanonicalEmail email);

  std::string user_id_;
  CanonicalEmail email_;
  secret::Secret password_;
  std::string given_name_;
  std::string family_name_;
};

// INVALID_FIELD with every fault of every field at once; WEAK_PASSWORD when the only thing wrong is
// that another password is needed. Names: valid UTF-8, at most 100 characters, no control
// characters; may be empty. The ID: a lower-case UUID. Email and password: canonical_email.h,
// password_policy.h.
absl::StatusOr<Registration> CheckRegistration(const RegistrationForm& form,
                                               const PasswordPolicy& policy);

}  // namespace tokenforge::users
