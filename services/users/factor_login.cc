#include "services/users/factor_login.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/errors/errors.h"
#include "services/users/known_devices.h"
#include "services/users/mail_intents.h"
#include "services/users/recovery_code.h"
#include "services/users/single_use_token.h"
#include "services/users/totp.h"

namespace tokenforge::users {
namespace {

namespace reasons = errors::reasons;
using Written = absl::StatusOr<std::optional<Beside>>;

// One wording, whatever is wrong with it: how a challenge ended is its owner's business.
absl::Status ChallengeInvalid() {
  return errors::Make(reasons::CHALLENGE_INVALID,
                      "This login has expired or was completed; begin again with the password.");
}

absl::Status CodeInvalid() {
  return errors::Make(reasons::CODE_INVALID, "The code is wrong or was used.");
}

// The device is the first step's: the second tells of none.
Origin WithDevice(Origin origin, const LoginChallenge& challenge) {
  origin.device_name = challenge.device_name;
  origin.user_agent = challenge.user_agent;
  return origin;
}

absl::Status ToChallengeInvalid(const absl::Status& status) {
  return errors::ReasonOf(status) == reasons::NOT_FOUND ? ChallengeInvalid() : status;
}

bool IsLive(const FactorState& state, clock::WallTime now) {
  const Account& account = state.account.account;
  return account.mfa_enabled && now < state.challenge->expire_time &&
         state.challenge->create_time > account.sessions_valid_from;
}

const char* NameOf(FactorLogin::Code::Kind kind) {
  return kind == FactorLogin::Code::kTotp ? "totp" : "recovery_code";
}

}  // namespace

// Shared with the edit: a task that is given up leaves its edit running.
struct FactorLogin::Attempt {
  std::string user_id;
  Code code;
  Origin origin;
  absl::StatusOr<Login> answer = absl::UnknownError("");
};

async::Task<absl::StatusOr<FactorLogin::Challenge>> FactorLogin::Open(Deadline deadline,
                                                                      std::string user_id,
                                                                      std::string device_address,
                                                                      Origin origin) {
  if (absl::Status ready = secrets_.Ready(); !ready.ok()) co_return ready;
  secret::Secret text = NewToken(TokenPurpose::kLoginChallenge);
  const clock::WallTime now = clock_.Now();
  LoginChallenge challenge{.hash = HashOf(TokenPurpose::kLoginChallenge, text.Expose())->hex(),
                           .user_id = std::move(user_id),
                           .client_id = origin.client_id,
                           .device_name = origin.device_name,
                           .user_agent = origin.user_agent,
                           .device_address = std::move(device_address),
                           .create_time = now,
                           .expire_time = now + DefaultLifeOf(TokenPurpose::kLoginChallenge)};
  const clock::WallTime expire_time = challenge.expire_time;
  async::Task<absl::Status> opening = store_.Open(deadline, std::move(challenge), {});
  const absl::Status opened = co_await std::move(opening);
  if (!opened.ok()) co_return opened;
  co_return Challenge{std::move(text), expire_time};
}

async::Task<absl::StatusOr<Account>> FactorLogin::Find(Deadline deadline, std::string challenge) {
  const auto hash = HashOf(TokenPurpose::kLoginChallenge, challenge);
  if (!hash) co_return ChallengeInvalid();
  async::Task<absl::StatusOr<FactorState>> finding =
      store_.Find(deadline, {.challenge_hash = hash->hex()});
  absl::StatusOr<FactorState> found = co_await std::move(finding);
  if (!found.ok()) co_return ToChallengeInvalid(found.status());
  if (!IsLive(*found, clock_.Now())) co_return ChallengeInvalid();
  co_return std::move(found->account.account);
}

async::Task<absl::StatusOr<FactorLogin::Login>> FactorLogin::Complete(Deadline deadline,
                                                                      std::string user_id,
                                                                      std::string challenge,
                                                                      Code code, Origin origin) {
  if (absl::Status ready = secrets_.Ready(); !ready.ok()) co_return ready;
  const auto hash = HashOf(TokenPurpose::kLoginChallenge, challenge);
  if (!hash) co_return ChallengeInvalid();
  auto attempt = std::make_shared<Attempt>();
  attempt->user_id = std::move(user_id);
  attempt->code = std::move(code);
  attempt->origin = std::move(origin);
  FactorStore::Edit edit = [this, attempt](FactorState& state) {
    return CompleteNow(state, *attempt);
  };
  async::Task<absl::Status> changing =
      store_.Change(deadline, {.challenge_hash = hash->hex()}, std::move(edit));
  const absl::Status changed = co_await std::move(changing);
  if (!changed.ok()) co_return ToChallengeInvalid(changed);
  co_return std::move(attempt->answer);
}

Written FactorLogin::CompleteNow(FactorState& state, Attempt& attempt) const {
  const Account& account = state.account.account;
  LoginChallenge& challenge = *state.challenge;
  const clock::WallTime now = clock_.Now();
  const std::string method = NameOf(attempt.code.kind);
  auto failed = [&](const char* why) {
    ++challenge.tries;
    return Beside{.events = {Audited(attempt.origin, now, "login.second_factor_failed",
                                     account.user_id, {{"method", method}, {"reason", why}})}};
  };

  if (account.user_id != attempt.user_id || !IsLive(state, now) || challenge.tries >= kMaxTries) {
    return ChallengeInvalid();
  }
  // Whoever took a challenge away from the service that it was given to has not got that service's
  // certificate.
  if (challenge.client_id != attempt.origin.client_id) {
    attempt.answer = ChallengeInvalid();
    return failed("another client");
  }
  if (account.disabled) {
    return errors::Make(reasons::ACCOUNT_DISABLED,
                        "This account is disabled; an administrator can enable it.");
  }
  const absl::StatusOr<bool> right = UseCode(state, attempt.code);
  if (!right.ok()) return right.status();
  if (!*right) {
    attempt.answer = CodeInvalid();
    return failed("code");
  }
  attempt.answer = Login{account, challenge};
  Beside beside;
  if (attempt.code.kind == Code::kRecovery) {
    const std::string left = std::to_string(state.factor.recovery_hashes.size());
    beside.events.push_back(Audited(attempt.origin, now, "factor.recovery_code_used",
                                    account.user_id, {{"codes_left", left}}));
    beside.mails.push_back(
        MailOf(mail_kinds::kRecoveryCodeUsed, account.email, account.user_id, attempt.origin, now));
  }
  beside.events.push_back(
      Audited(attempt.origin, now, "login.succeeded", account.user_id, {{"method", method}}));
  beside.login = SeenBy(account, WithDevice(attempt.origin, challenge), now);
  state.challenge.reset();
  return beside;
}

absl::StatusOr<bool> FactorLogin::UseCode(FactorState& state, const Code& code) const {
  if (code.kind == Code::kTotp) return UseTotp(state, code.text);
  const auto hash = RecoveryCodeHash(state.account.account.user_id, code.text.Expose());
  return hash && UseRecoveryCode(state.factor.recovery_hashes, *hash);
}

absl::StatusOr<bool> FactorLogin::UseTotp(FactorState& state, const secret::Secret& code) const {
  const std::string& user_id = state.account.account.user_id;
  SecondFactor& factor = state.factor;
  const absl::StatusOr<secret::Secret> secret = secrets_.Open(factor.secret, user_id);
  if (!secret.ok()) return secret.status();
  const auto step = MatchTotp(*secret, code.Expose(), clock_.Now(), factor.last_step);
  if (!step) return false;
  factor.last_step = *step;
  if (!secrets_.IsOutdated(factor.secret)) return true;
  absl::StatusOr<std::string> sealed = secrets_.Seal(*secret, user_id);
  if (sealed.ok()) factor.secret = *std::move(sealed);
  return true;
}

}  // namespace tokenforge::users
