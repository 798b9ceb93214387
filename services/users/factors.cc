#include "services/users/factors.h"

#include <memory>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/mail_intents.h"
#include "services/users/recovery_code.h"
#include "services/users/totp.h"

namespace tokenforge::users {
namespace {

namespace reasons = errors::reasons;
using Written = absl::StatusOr<std::optional<Beside>>;

absl::Status AlreadyEnabled() {
  return errors::Make(reasons::MFA_ALREADY_ENABLED,
                      "This account has a second factor; disable it before enrolling another.");
}

absl::Status NothingEnrolled() {
  return errors::Make(reasons::MFA_NOT_ENABLED,
                      "No second factor waits to be confirmed; enrol one.");
}

absl::Status RequireId(const std::string& user_id) {
  if (uuid::IsCanonical(user_id)) return absl::OkStatus();
  return errors::InvalidFields({{"user_id", "must be a lower-case UUID"}});
}

// The owner is told of every change: it may not have been them.
Beside Told(const Account& account, const Origin& origin, clock::WallTime now, const char* event,
            std::string_view mail) {
  return {.events = {Audited(origin, now, event, account.user_id)},
          .mails = {MailOf(mail, account.email, account.user_id, origin, now)}};
}

Written DisableNow(FactorState& state, clock::WallTime now, const Origin& origin) {
  Account& account = state.account.account;
  if (state.factor.empty() && !account.mfa_enabled) {
    return errors::Make(reasons::MFA_NOT_ENABLED, "This account has no second factor.");
  }
  const bool in_force = account.mfa_enabled;
  account.mfa_enabled = false;
  account.update_time = now;
  state.factor = {};
  state.drop_challenges = true;
  if (!in_force) return Beside{};  // it only waited to be confirmed
  return Told(account, origin, now, "factor.disabled", mail_kinds::kFactorDisabled);
}

}  // namespace

Factors::Factors(FactorStore& store, HashQueue& hashing, const FactorSecrets& secrets,
                 std::string issuer, const clock::Clock& clock)
    : store_(store),
      hashing_(hashing),
      secrets_(secrets),
      issuer_(std::move(issuer)),
      clock_(clock) {}

async::Task<absl::StatusOr<Factors::Enrolment>> Factors::Enroll(Deadline deadline,
                                                                std::string user_id,
                                                                Origin origin) {
  if (absl::Status ready = secrets_.Ready(); !ready.ok()) co_return ready;
  if (absl::Status valid = RequireId(user_id); !valid.ok()) co_return valid;
  const secret::Secret secret = NewTotpSecret();
  absl::StatusOr<std::string> sealed = secrets_.Seal(secret, user_id);
  if (!sealed.ok()) co_return sealed.status();

  auto email = std::make_shared<std::string>();
  FactorStore::Edit edit = [now = clock_.Now(), sealed = *std::move(sealed),
                            origin = std::move(origin), email](FactorState& state) -> Written {
    const Account& account = state.account.account;
    if (account.mfa_enabled) return AlreadyEnabled();
    *email = account.email.text();
    state.factor = {.enrolled_secret = sealed};
    return Beside{.events = {Audited(origin, now, "factor.enrolled", account.user_id)}};
  };
  async::Task<absl::Status> changing =
      store_.Change(deadline, {.user_id = std::move(user_id)}, std::move(edit));
  const absl::Status changed = co_await std::move(changing);
  if (!changed.ok()) co_return changed;
  co_return Enrolment{Base32(secret), OtpauthUri(issuer_, *email, secret)};
}

async::Task<absl::StatusOr<RecoveryCodes>> Factors::Confirm(Deadline deadline, std::string user_id,
                                                            secret::Secret code, Origin origin) {
  if (absl::Status ready = secrets_.Ready(); !ready.ok()) co_return ready;
  if (absl::Status valid = RequireId(user_id); !valid.ok()) co_return valid;
  struct Confirmation {
    secret::Secret code;
    Origin origin;
    absl::StatusOr<RecoveryCodes> answer = absl::UnknownError("");
  };
  // Shared: a task that is given up leaves its edit running.
  auto confirmation = std::make_shared<Confirmation>();
  confirmation->code = std::move(code);
  confirmation->origin = std::move(origin);
  FactorStore::Edit edit = [this, confirmation](FactorState& state) {
    return ConfirmNow(state, confirmation->code, confirmation->origin, confirmation->answer);
  };
  async::Task<absl::Status> changing =
      store_.Change(deadline, {.user_id = std::move(user_id)}, std::move(edit));
  const absl::Status changed = co_await std::move(changing);
  if (!changed.ok()) co_return changed;
  co_return std::move(confirmation->answer);
}

Written Factors::ConfirmNow(FactorState& state, const secret::Secret& code, const Origin& origin,
                            absl::StatusOr<RecoveryCodes>& answer) const {
  Account& account = state.account.account;
  if (account.mfa_enabled) return AlreadyEnabled();
  if (state.factor.enrolled_secret.empty()) return NothingEnrolled();
  const auto secret = secrets_.Open(state.factor.enrolled_secret, account.user_id);
  if (!secret.ok()) return secret.status();

  const clock::WallTime now = clock_.Now();
  const std::optional<std::int64_t> step = MatchTotp(*secret, code.Expose(), now, 0);
  if (!step) {
    if (++state.factor.enrolled_tries >= kMaxTries) state.factor = {};
    answer = errors::Make(reasons::CODE_INVALID, "The code is wrong; try the next one.");
    return Beside{};
  }
  RecoveryCodes codes = NewRecoveryCodes();
  SecondFactor in_force{.secret = state.factor.enrolled_secret, .last_step = *step};
  for (const secret::Secret& recovery : codes) {
    in_force.recovery_hashes.push_back(*RecoveryCodeHash(account.user_id, recovery.Expose()));
  }
  state.factor = std::move(in_force);
  account.mfa_enabled = true;
  account.update_time = now;
  answer = std::move(codes);
  return Told(account, origin, now, "factor.confirmed", mail_kinds::kFactorEnabled);
}

async::Task<absl::StatusOr<bool>> Factors::Compare(Deadline deadline, const FactorState& state,
                                                   const secret::Secret& password,
                                                   const Origin& origin) {
  auto comparing =
      hashing_.Compare(deadline, origin.ip_address, password, &state.account.password_hash);
  const auto compared = co_await std::move(comparing);
  if (!compared.ok()) co_return compared.status();
  co_return compared->matches;
}

async::Task<absl::Status> Factors::Disable(Deadline deadline, std::string user_id,
                                           secret::Secret password, Origin origin) {
  if (absl::Status valid = RequireId(user_id); !valid.ok()) co_return valid;
  FactorStore::Key key{.user_id = user_id};
  async::Task<absl::StatusOr<FactorState>> finding = store_.Find(deadline, key);
  const absl::StatusOr<FactorState> found = co_await std::move(finding);
  if (!found.ok()) co_return found.status();
  async::Task<absl::StatusOr<bool>> comparing = Compare(deadline, *found, password, origin);
  const absl::StatusOr<bool> matches = co_await std::move(comparing);
  if (!matches.ok()) co_return matches.status();
  if (!*matches) {
    // Whoever found a session open guesses here; it must show afterwards.
    FactorStore::Edit note = [now = clock_.Now(), origin](FactorState& state) -> Written {
      return Beside{.events = {Audited(origin, now, "factor.disable_refused",
                                       state.account.account.user_id)}};
    };
    auto noting = store_.Change(deadline, key, std::move(note));
    const absl::Status noted = co_await std::move(noting);
    if (!noted.ok()) co_return noted;
    co_return errors::Make(reasons::INVALID_CREDENTIALS, "The password is wrong.");
  }

  // Not the hash itself: a login may have hashed the same password anew in the meantime.
  const clock::WallTime password_since = found->account.account.sessions_valid_from;
  FactorStore::Edit edit = [now = clock_.Now(), origin = std::move(origin),
                            password_since](FactorState& state) -> Written {
    if (state.account.account.sessions_valid_from != password_since) {
      return errors::Make(reasons::INVALID_CREDENTIALS, "The password was changed just now.");
    }
    return DisableNow(state, now, origin);
  };
  async::Task<absl::Status> changing = store_.Change(deadline, std::move(key), std::move(edit));
  co_return co_await std::move(changing);
}

}  // namespace tokenforge::users
