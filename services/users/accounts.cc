#include "services/users/accounts.h"

#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "lib/uuid/uuid.h"
#include "services/users/mail_intents.h"

namespace tokenforge::users {
namespace {

absl::Status InvalidCredentials() {
  return errors::Make(errors::reasons::INVALID_CREDENTIALS, "The email or the password is wrong.");
}

absl::Status Disabled() {
  return errors::Make(errors::reasons::ACCOUNT_DISABLED,
                      "This account is disabled; an administrator can enable it.");
}

// `account` is null when nobody has the email.
absl::Status VerdictOn(const Account* account, bool matches) {
  if (account == nullptr || !matches) return InvalidCredentials();
  return account->disabled ? Disabled() : absl::OkStatus();
}

// One event for every verdict, with the same work for each.
AuditEvent LoginEvent(const Origin& origin, clock::WallTime now, const std::string& email,
                      const Account* account, const absl::Status& verdict) {
  std::map<std::string, std::string> attributes{{"email", email}, {"client", origin.client_id}};
  if (!origin.device_name.empty()) attributes["device"] = origin.device_name;
  if (!origin.user_agent.empty()) attributes["user_agent"] = origin.user_agent;
  std::string kind = "login.succeeded";
  if (!verdict.ok()) {
    kind = "login.failed";
    const bool disabled = errors::ReasonOf(verdict) == errors::reasons::ACCOUNT_DISABLED;
    attributes["reason"] = disabled ? "account_disabled" : "invalid_credentials";
  } else if (account->mfa_enabled) {
    kind = "login.password_accepted";
  }
  return Audited(origin, now, std::move(kind), account == nullptr ? "" : account->user_id,
                 std::move(attributes));
}

}  // namespace

Accounts::Accounts(AccountStore& store, HashQueue& hashing, const PasswordPolicy& passwords,
                   const clock::Clock& clock)
    : store_(store),
      hashing_(hashing),
      passwords_(passwords),
      clock_(clock),
      nobody_(*CanonicalEmail::Parse("nobody@nowhere.invalid")) {}

async::Task<absl::StatusOr<Account>> Accounts::Create(Deadline deadline, Registration registration,
                                                      Origin origin) {
  async::Task<absl::StatusOr<secret::Secret>> hashing =
      hashing_.Hash(deadline, origin.ip_address, registration.password());
  absl::StatusOr<secret::Secret> hashed = co_await std::move(hashing);
  if (!hashed.ok()) co_return hashed.status();

  NewAccount account{.user_id = registration.user_id(),
                     .email = registration.email(),
                     .given_name = registration.given_name(),
                     .family_name = registration.family_name(),
                     .password_hash = *std::move(hashed),
                     .create_time = clock_.Now()};
  Beside beside{.events = {Audited(origin, account.create_time, "account.created", account.user_id,
                                   {{"email", account.email.text()}})},
                .mails = {MailOf(mail_kinds::kVerifyNewEmail, account.email, account.user_id,
                                 origin, account.create_time)}};
  async::Task<absl::StatusOr<Account>> storing =
      store_.Create(deadline, std::move(account), std::move(beside));
  co_return co_await std::move(storing);
}

async::Task<absl::StatusOr<Account>> Accounts::VerifyPassword(Deadline deadline, std::string email,
                                                              secret::Secret password,
                                                              Origin origin) {
  // What is no email is looked up as an address that counts for nobody, even if somebody registers
  // it: whether a look-up happened must not show.
  const absl::StatusOr<CanonicalEmail> parsed = CanonicalEmail::Parse(email);
  CanonicalEmail wanted = parsed.ok() ? *parsed : nobody_;
  async::Task<absl::StatusOr<Credentials>> finding =
      store_.FindCredentials(deadline, std::move(wanted));
  absl::StatusOr<Credentials> found = co_await std::move(finding);
  if (!found.ok() && errors::ReasonOf(found.status()) != errors::reasons::NOT_FOUND) {
    co_return found.status();
  }
  const bool known = parsed.ok() && found.ok();

  const secret::Secret* stored = known ? &found->password_hash : nullptr;
  async::Task<absl::StatusOr<HashQueue::Comparison>> comparing =
      hashing_.Compare(deadline, origin.ip_address, password, stored);
  absl::StatusOr<HashQueue::Comparison> compared = co_await std::move(comparing);
  if (!compared.ok()) co_return compared.status();

  const absl::Status verdict = VerdictOn(known ? &found->account : nullptr, compared->matches);
  Beside beside{.events = {LoginEvent(origin, clock_.Now(), parsed.ok() ? parsed->text() : "",
                                      known ? &found->account : nullptr, verdict)}};
  if (verdict.ok() && !found->account.mfa_enabled) {
    beside.login = SeenBy(found->account, origin, clock_.Now());
  }
  async::Task<absl::Status> recording = store_.Record(deadline, std::move(beside));
  const absl::Status recorded = co_await std::move(recording);
  // No verdict is told that nobody would ever know of: guesses while the log is away would be free.
  if (!recorded.ok()) co_return recorded;
  if (!verdict.ok()) co_return verdict;
  if (compared->renewed) {
    async::Task<void> renewing =
        Renew(deadline, std::move(origin), *found, *std::move(compared->renewed));
    co_await std::move(renewing);
  }
  co_return std::move(found->account);
}

// Only where the stored hash is still the one that was compared: a password that was changed in
// between stays changed. Failing costs nothing: the next login tries again.
async::Task<void> Accounts::Renew(Deadline deadline, Origin origin, const Credentials& found,
                                  secret::Secret renewed) {
  struct Texts {
    secret::Secret before, after;
  };
  const auto texts = std::make_shared<const Texts>(
      Texts{.before = found.password_hash.Clone(), .after = std::move(renewed)});
  AuditEvent event = Audited(origin, clock_.Now(), "password.rehashed", found.account.user_id);
  auto replace =
      [texts, event = std::move(event)](Credentials& now) -> absl::StatusOr<std::optional<Beside>> {
    if (!now.password_hash.Equals(texts->before)) return std::nullopt;
    now.password_hash = texts->after.Clone();
    return Beside{.events = {event}};
  };
  async::Task<absl::StatusOr<Account>> replacing =
      store_.Change(deadline, found.account.user_id, std::move(replace));
  const absl::StatusOr<Account> replaced = co_await std::move(replacing);
  if (!replaced.ok()) {
    telemetry::Log(telemetry::Level::kWarning, "an outdated password hash could not be replaced");
  }
}

async::Task<absl::StatusOr<Account>> Accounts::Get(Deadline deadline, std::string user_id) {
  if (!uuid::IsCanonical(user_id)) {
    co_return errors::InvalidFields({{"user_id", "must be a lower-case UUID"}});
  }
  async::Task<absl::StatusOr<Account>> finding = store_.FindById(deadline, std::move(user_id));
  co_return co_await std::move(finding);
}

async::Task<absl::StatusOr<Account>> Accounts::GetByEmail(Deadline deadline, std::string email) {
  absl::StatusOr<CanonicalEmail> parsed = CanonicalEmail::Parse(email);
  if (!parsed.ok()) co_return parsed.status();
  async::Task<absl::StatusOr<Account>> finding = store_.FindByEmail(deadline, *std::move(parsed));
  co_return co_await std::move(finding);
}

}  // namespace tokenforge::users
