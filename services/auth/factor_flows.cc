#include "services/auth/factor_flows.h"

#include <utility>

#include "services/auth/factor_validation.h"
#include "services/auth/login_gate.h"
#include "services/auth/messages.h"
#include "services/auth/outward.h"
#include "services/auth/session_flows.h"
#include "services/auth/token_flows.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

// RFC 8176. A recovery code is no one-time password of an authenticator, and the registry has no
// word for it: such a login says that there were two factors, and names the one that it can name.
const Amr& AmrOf(const v1::CompleteLoginRequest& request) {
  static const Amr with_totp = {"pwd", "otp", "mfa"};
  static const Amr with_recovery_code = {"pwd", "mfa"};
  return request.has_totp_code() ? with_totp : with_recovery_code;
}

v1::Device DeviceOf(const users::v1::VerifySecondFactorResponse& verified) {
  v1::Device device;
  device.set_name(verified.device_name());
  device.set_user_agent(verified.user_agent());
  device.set_ip_address(verified.device_ip_address());
  return device;
}

async::Task<absl::Status> DoCompleteLogin(Facade& facade, const Origin& origin,
                                          const v1::CompleteLoginRequest& request,
                                          v1::CompleteLoginResponse& response) {
  if (absl::Status valid = Validate(request); !valid.ok()) co_return valid;
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) co_return peer;
  if (absl::Status reachable = Reachable(facade); !reachable.ok()) co_return reachable;

  const auto opened = co_await facade.factors.GetLoginChallenge(origin.call, request.challenge());
  if (!opened.ok()) {
    co_return Outward(opened.status(), "users.GetLoginChallenge", {reasons::CHALLENGE_INVALID});
  }
  const auto account = email::CanonicalEmail::Parse(opened->user().email());
  if (!account.ok()) co_return Outward(account.status(), "users.GetLoginChallenge");

  const auto guess = co_await CountCode(facade, origin, *account, request.challenge());
  if (!guess.ok()) co_return guess.status();
  const auto verified =
      co_await facade.factors.VerifySecondFactor(origin, *guess, opened->user().user_id(), request);
  co_await Settle(facade, origin, guess->plan(), VerdictOf(verified.status()));
  if (!verified.ok()) {
    co_return Outward(verified.status(), "users.VerifySecondFactor",
                      {reasons::CHALLENGE_INVALID, reasons::CODE_INVALID, reasons::ACCOUNT_DISABLED,
                       reasons::MFA_NOT_ENABLED});
  }
  const v1::Device device = DeviceOf(*verified);
  auto tokens = co_await StartSession(facade, origin, verified->user(), device, AmrOf(request));
  if (!tokens.ok()) co_return tokens.status();
  *response.mutable_user() = ToPublic(verified->user());
  *response.mutable_tokens() = *std::move(tokens);
  co_return absl::OkStatus();
}

}  // namespace

absl::Status AnswerChallenge(const users::v1::VerifyPasswordResponse& verified,
                             v1::LoginResponse& response) {
  if (verified.challenge().empty()) {
    return Outward(errors::Make(reasons::INTERNAL_FAULT, "the users service gave no challenge"),
                   "users.VerifyPassword");
  }
  *response.mutable_user() = ToPublic(verified.user());
  v1::MfaChallenge& challenge = *response.mutable_mfa_challenge();
  challenge.set_challenge(verified.challenge());
  challenge.add_methods("totp");
  challenge.add_methods("recovery_code");
  *challenge.mutable_expire_time() = verified.challenge_expire_time();
  return absl::OkStatus();
}

async::Task<absl::Status> CompleteLogin(Facade& facade, Origin origin,
                                        const v1::CompleteLoginRequest* request,
                                        v1::CompleteLoginResponse* response) {
  const absl::Status status = co_await DoCompleteLogin(facade, origin, *request, *response);
  co_return Counted(facade.logins, facade.activity->logins, status);
}

async::Task<absl::Status> EnrollTotp(Facade& facade, Origin origin, Caller caller,
                                     v1::EnrollTotpResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  const auto enrolled = co_await facade.factors.EnrollTotp(origin, caller.subject());
  if (Is(enrolled.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!enrolled.ok()) {
    co_return Outward(enrolled.status(), "users.EnrollTotp",
                      {reasons::MFA_ALREADY_ENABLED, reasons::MFA_NOT_ENABLED});
  }
  response->set_secret(enrolled->secret());
  response->set_otpauth_uri(enrolled->otpauth_uri());
  co_return absl::OkStatus();
}

async::Task<absl::Status> ConfirmTotp(Facade& facade, Origin origin, Caller caller,
                                      const v1::ConfirmTotpRequest* request,
                                      v1::ConfirmTotpResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto confirmed = co_await facade.factors.ConfirmTotp(origin, caller.subject(), *request);
  if (Is(confirmed.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!confirmed.ok()) {
    co_return Outward(
        confirmed.status(), "users.ConfirmTotp",
        {reasons::CODE_INVALID, reasons::MFA_ALREADY_ENABLED, reasons::MFA_NOT_ENABLED});
  }
  *response->mutable_recovery_codes() = confirmed->recovery_codes();
  co_return absl::OkStatus();
}

async::Task<absl::Status> DisableTotp(Facade& facade, Origin origin, Caller caller,
                                      const v1::DisableTotpRequest* request) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto account = email::CanonicalEmail::Parse(caller.email());
  if (!account.ok()) co_return Outward(account.status(), "the caller's email");

  const auto guess = co_await CountPassword(facade, origin, *account);
  if (!guess.ok()) co_return guess.status();
  const auto disabled =
      co_await facade.factors.DisableTotp(origin, *guess, caller.subject(), *request);
  // That there was nothing to disable is told after a right password only.
  const bool right = disabled.ok() || Is(disabled.status(), reasons::MFA_NOT_ENABLED);
  co_await Settle(facade, origin, guess->plan(),
                  right ? Verdict::kRight : VerdictOf(disabled.status()));
  if (Is(disabled.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!disabled.ok()) {
    co_return Outward(disabled.status(), "users.DisableTotp",
                      {reasons::INVALID_CREDENTIALS, reasons::MFA_NOT_ENABLED});
  }
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
