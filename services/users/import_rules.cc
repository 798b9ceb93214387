#include "services/users/import_rules.h"

#include <utility>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/directory_rules.h"
#include "services/users/stored_hash.h"

namespace tokenforge::users {
namespace {

void Add(const absl::Status& status, Faults& faults) {
  for (errors::FieldFault& fault : errors::FaultsOf(status)) faults.push_back(std::move(fault));
}

}  // namespace

absl::StatusOr<Credentials> CheckImport(const ImportForm& form, clock::WallTime now) {
  Faults faults;
  if (!form.user_id.empty()) CheckUserId(form.user_id, faults);
  absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(form.email);
  Add(email.status(), faults);
  CheckName("given_name", form.given_name, faults);
  CheckName("family_name", form.family_name, faults);
  std::vector<std::string> roles = SortedRoles(form.roles, faults);
  std::vector<std::string> scopes = SortedScopes(form.scopes, faults);
  const clock::WallTime created = form.create_time.value_or(now);
  if (created > now || created < clock::WallTime()) {
    faults.push_back({"create_time", "must be a time between 1970 and now"});
  }
  Add(CheckImportableHash(form.password_hash), faults);
  if (!faults.empty()) return errors::InvalidFields(faults);

  Account account{
      .user_id = form.user_id.empty() ? uuid::Uuid::Ordered(now).ToString() : form.user_id,
      .email = *std::move(email),
      .email_verified = form.email_verified,
      .given_name = form.given_name,
      .family_name = form.family_name,
      .roles = std::move(roles),
      .scopes = std::move(scopes),
      .disabled = form.disabled,
      .create_time = created,
      .update_time = now};
  return Credentials{std::move(account), secret::Secret(form.password_hash)};
}

}  // namespace tokenforge::users
