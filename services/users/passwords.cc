#include "services/users/passwords.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/mail_intents.h"
#include "services/users/private_registration.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

using Edited = absl::StatusOr<std::optional<Beside>>;
using SharedSecret = std::shared_ptr<const secret::Secret>;
namespace reasons = errors::reasons;

// A login that made the stored hash anew comes between comparing and storing at most once.
constexpr int kTries = 3;

absl::Status WrongPassword() {
  return errors::Make(reasons::INVALID_CREDENTIALS, "The present password is another.");
}

absl::Status Disabled() {
  return errors::Make(reasons::ACCOUNT_DISABLED,
                      "This account is disabled; an administrator can enable it.");
}

SharedSecret Share(secret::Secret text) {
  return std::make_shared<const secret::Secret>(std::move(text));
}

// What a new password brings with it.
Beside SetPassword(Credentials& now, const secret::Secret& hash, std::string kept_session_id,
                   const Origin& origin, clock::WallTime time, std::string kind) {
  Account& account = now.account;
  now.password_hash = hash.Clone();
  account.update_time = time;
  account.sessions_valid_from = time;
  account.kept_session_id = std::move(kept_session_id);
  return {
      .events = {Audited(origin, time, std::move(kind), account.user_id)},
      .mails = {MailOf(mail_kinds::kPasswordChanged, account.email, account.user_id, origin, time)},
      .spent = {{account.user_id, TokenPurpose::kPasswordReset}}};
}

}  // namespace

absl::Status Passwords::CheckNew(const secret::Secret& wanted, const Account& owner) const {
  const PasswordFaults found = policy_.FaultsOfNew(
      wanted.Expose(), {owner.email.text(), owner.given_name, owner.family_name});
  std::vector<errors::FieldFault> faults;
  for (const std::string& fault : found.invalid) faults.push_back({"new_password", fault});
  for (const std::string& fault : found.weak) faults.push_back({"new_password", fault});
  return errors::InvalidFields(
      faults, found.invalid.empty() ? reasons::WEAK_PASSWORD : reasons::INVALID_FIELD);
}

async::Task<absl::Status> Passwords::RegisterPrivately(Deadline deadline, Registration registration,
                                                       Origin origin) {
  auto hashing = hashing_.Hash(deadline, origin.ip_address, registration.password());
  const absl::StatusOr<secret::Secret> hashed = co_await std::move(hashing);
  if (!hashed.ok()) co_return hashed.status();
  Beside beside{.mails = {NoteOf(registration, *hashed, origin, clock_.Now())}};
  auto recording = store_.Record(deadline, std::move(beside));
  co_return co_await std::move(recording);
}

async::Task<absl::StatusOr<Account>> Passwords::Change(Deadline deadline, Replacement replacement,
                                                       Origin origin) {
  if (!uuid::IsCanonical(replacement.user_id)) {
    co_return errors::InvalidFields({{"user_id", "must be a lower-case UUID"}});
  }
  SharedSecret wanted;
  for (int tries = 0; tries < kTries; ++tries) {
    auto finding = store_.FindCredentialsById(deadline, replacement.user_id);
    const absl::StatusOr<Credentials> found = co_await std::move(finding);
    if (!found.ok()) co_return found.status();
    auto comparing =
        hashing_.Compare(deadline, origin.ip_address, replacement.current, &found->password_hash);
    const absl::StatusOr<HashQueue::Comparison> compared = co_await std::move(comparing);
    if (!compared.ok()) co_return compared.status();
    if (!compared->matches) {
      Beside refused{.events = {Audited(origin, clock_.Now(), "password.change_refused",
                                        replacement.user_id)}};
      auto recording = store_.Record(deadline, std::move(refused));
      const absl::Status recorded = co_await std::move(recording);
      co_return recorded.ok() ? WrongPassword() : recorded;
    }
    if (found->account.disabled) co_return Disabled();
    if (!wanted) {
      if (absl::Status good = CheckNew(replacement.wanted, found->account); !good.ok()) {
        co_return good;
      }
      if (replacement.wanted.Equals(replacement.current)) {
        co_return errors::InvalidFields({{"new_password", "must not be the present one"}},
                                        reasons::WEAK_PASSWORD);
      }
      auto hashing = hashing_.Hash(deadline, origin.ip_address, replacement.wanted);
      absl::StatusOr<secret::Secret> hashed = co_await std::move(hashing);
      if (!hashed.ok()) co_return hashed.status();
      wanted = Share(*std::move(hashed));
    }
    const SharedSecret before = Share(found->password_hash.Clone());
    const clock::WallTime time = clock_.Now();
    auto changed_meanwhile = std::make_shared<bool>(false);
    AccountStore::Edit edit = [=, kept = replacement.kept_session_id](Credentials& now) -> Edited {
      *changed_meanwhile = !now.password_hash.Equals(*before);
      if (*changed_meanwhile) return WrongPassword();
      return SetPassword(now, *wanted, kept, origin, time, "password.changed");
    };
    auto changing = store_.Change(deadline, replacement.user_id, std::move(edit));
    absl::StatusOr<Account> changed = co_await std::move(changing);
    if (changed.ok() || !*changed_meanwhile) co_return changed;
  }
  co_return WrongPassword();
}

async::Task<absl::Status> Passwords::BeginReset(Deadline deadline, std::string email,
                                                Origin origin) {
  const absl::StatusOr<CanonicalEmail> address = CanonicalEmail::Parse(email);
  if (!address.ok()) co_return address.status();
  const clock::WallTime now = clock_.Now();
  Beside beside{.events = {Audited(origin, now, "password.reset_requested", "",
                                   {{"email", address->text()}})},
                .mails = {MailOf(mail_kinds::kPasswordReset, *address, "", origin, now)}};
  auto recording = store_.Record(deadline, std::move(beside));
  co_return co_await std::move(recording);
}

async::Task<absl::StatusOr<Account>> Passwords::CompleteReset(Deadline deadline,
                                                              secret::Secret token,
                                                              secret::Secret wanted,
                                                              Origin origin) {
  constexpr auto kPurpose = TokenPurpose::kPasswordReset;
  const std::optional<TokenHash> hash = HashOf(kPurpose, token.Expose());
  if (!hash) co_return TokenInvalid();
  auto finding = tokens_.FindOwner(deadline, kPurpose, *hash, clock_.Now());
  const absl::StatusOr<Account> owner = co_await std::move(finding);
  if (!owner.ok()) co_return owner.status();
  if (absl::Status good = CheckNew(wanted, *owner); !good.ok()) co_return good;
  auto hashing = hashing_.Hash(deadline, origin.ip_address, wanted);
  absl::StatusOr<secret::Secret> hashed = co_await std::move(hashing);
  if (!hashed.ok()) co_return hashed.status();

  const clock::WallTime time = clock_.Now();
  AccountStore::Edit edit = [time, origin,
                             shared = Share(*std::move(hashed))](Credentials& now) -> Edited {
    const bool verified = now.account.email_verified;
    now.account.email_verified = true;
    Beside beside = SetPassword(now, *shared, "", origin, time, "password.reset");
    if (!verified) {
      beside.events.push_back(Audited(origin, time, "email.verified", now.account.user_id));
      beside.spent.push_back({now.account.user_id, TokenPurpose::kEmailVerification});
    }
    return beside;
  };
  auto redeeming = tokens_.Redeem(deadline, kPurpose, *hash, time, std::move(edit));
  co_return co_await std::move(redeeming);
}

async::Task<absl::Status> Passwords::BeginVerification(Deadline deadline, std::string user_id,
                                                       Origin origin) {
  if (!uuid::IsCanonical(user_id)) {
    co_return errors::InvalidFields({{"user_id", "must be a lower-case UUID"}});
  }
  auto finding = store_.FindById(deadline, user_id);
  const absl::StatusOr<Account> account = co_await std::move(finding);
  if (!account.ok()) co_return account.status();
  if (account->email_verified) co_return absl::OkStatus();
  const clock::WallTime now = clock_.Now();
  Beside beside{.events = {Audited(origin, now, "email.verification_requested", user_id)},
                .mails = {MailOf(mail_kinds::kVerifyEmail, account->email, user_id, origin, now)}};
  auto recording = store_.Record(deadline, std::move(beside));
  co_return co_await std::move(recording);
}

async::Task<absl::StatusOr<Account>> Passwords::CompleteVerification(Deadline deadline,
                                                                     secret::Secret token,
                                                                     Origin origin) {
  constexpr auto kPurpose = TokenPurpose::kEmailVerification;
  const std::optional<TokenHash> hash = HashOf(kPurpose, token.Expose());
  if (!hash) co_return TokenInvalid();
  const clock::WallTime time = clock_.Now();
  AccountStore::Edit edit = [time, origin](Credentials& now) -> Edited {
    now.account.email_verified = true;
    now.account.update_time = time;
    return Beside{.events = {Audited(origin, time, "email.verified", now.account.user_id)}};
  };
  auto redeeming = tokens_.Redeem(deadline, kPurpose, *hash, time, std::move(edit));
  co_return co_await std::move(redeeming);
}

}  // namespace tokenforge::users
