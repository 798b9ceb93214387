#include "services/auth/password_flows.h"

#include <chrono>
#include <utility>

#include "lib/email/canonical_email.h"
#include "lib/telemetry/log.h"
#include "services/auth/login_gate.h"
#include "services/auth/outward.h"
#include "services/auth/session_flows.h"
#include "services/auth/trust_hub.h"
#include "services/auth/validation.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
constexpr std::chrono::seconds kClocksDiffer{30};

// After a right password the new one may still be refused: that was no wrong guess.
Verdict VerdictOfChange(const absl::Status& changed) {
  if (Is(changed, reasons::WEAK_PASSWORD) || Is(changed, reasons::INVALID_FIELD)) {
    return Verdict::kRight;
  }
  return VerdictOf(changed);
}

// The password is another by now, so a failure here must say so.
async::Task<absl::Status> EndSessions(Facade& facade, const Origin& origin,
                                      const std::string& user_id, const std::string& except) {
  const auto ended = co_await facade.sessions.RevokeUserSessions(origin.call, user_id, except);
  if (ended.ok()) {
    facade.trust.Apply(ended->revocations());
    co_return absl::OkStatus();
  }
  telemetry::Log(telemetry::Level::kWarning,
                 "a password was set, and its sessions live on until they refresh",
                 origin.call.trace(), {{"sub", user_id}});
  co_return Unavailable(
      "the new password is set, but other sessions could not be ended at once: they end when they "
      "next refresh");
}

}  // namespace

bool HasEnded(const users::v1::User& user, const std::string& session_id,
              clock::WallTime session_begin) {
  if (!user.has_sessions_valid_from()) return false;
  if (!session_id.empty() && session_id == user.kept_session_id()) return false;
  const auto& from = user.sessions_valid_from();
  const clock::WallTime valid_from{std::chrono::duration_cast<clock::WallTime::duration>(
      std::chrono::seconds(from.seconds()) + std::chrono::nanoseconds(from.nanos()))};
  return session_begin + kClocksDiffer < valid_from;
}

async::Task<absl::Status> ChangePassword(Facade& facade, Origin origin, Caller caller,
                                         const v1::ChangePasswordRequest* request) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto account = email::CanonicalEmail::Parse(caller.email());
  if (!account.ok()) co_return Outward(account.status(), "token.email");

  const auto guess = co_await CountPassword(facade, origin, *account);
  if (!guess.ok()) co_return guess.status();
  const auto changed = co_await facade.passwords.ChangePassword(origin, *guess, caller, *request);
  co_await Settle(facade, origin, guess->plan(), VerdictOfChange(changed.status()));
  if (Is(changed.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!changed.ok()) {
    co_return Outward(changed.status(), "users.ChangePassword",
                      {reasons::INVALID_CREDENTIALS, reasons::ACCOUNT_DISABLED,
                       reasons::INVALID_FIELD, reasons::WEAK_PASSWORD});
  }
  const std::string user_id(caller.subject());
  const std::string kept(caller.session_id());
  co_return co_await EndSessions(facade, origin, user_id, kept);
}

async::Task<absl::Status> RequestPasswordReset(Facade& facade, Origin origin,
                                               const v1::RequestPasswordResetRequest* request) {
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) co_return peer;
  const auto account = email::CanonicalEmail::Parse(request->email());
  if (!account.ok()) co_return account.status();
  const auto counted = co_await CountReset(facade, origin, *account);
  if (!counted.ok()) co_return counted.status();
  const auto begun = co_await facade.passwords.BeginPasswordReset(origin, *counted);
  co_await Settle(facade, origin, counted->plan(), VerdictOf(begun.status()));
  if (!begun.ok()) co_return Outward(begun.status(), "users.BeginPasswordReset");
  co_return absl::OkStatus();
}

async::Task<absl::Status> ResetPassword(Facade& facade, Origin origin,
                                        const v1::ResetPasswordRequest* request) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) co_return peer;
  const auto room = facade.hashes.Enter(origin.subscriber);
  if (!room.ok()) co_return room.status();
  const auto reset = co_await facade.passwords.CompletePasswordReset(origin, *request);
  if (!reset.ok()) {
    co_return Outward(reset.status(), "users.CompletePasswordReset",
                      {reasons::CODE_INVALID, reasons::INVALID_FIELD, reasons::WEAK_PASSWORD});
  }
  const std::string none;
  co_return co_await EndSessions(facade, origin, reset->user_id(), none);
}

async::Task<absl::Status> RequestEmailVerification(Facade& facade, Origin origin, Caller caller) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  const auto account = email::CanonicalEmail::Parse(caller.email());
  if (!account.ok()) co_return Outward(account.status(), "token.email");
  const auto counted = co_await CountReset(facade, origin, *account);
  if (!counted.ok()) co_return counted.status();
  const auto begun = co_await facade.passwords.BeginEmailVerification(origin, *counted, caller);
  co_await Settle(facade, origin, counted->plan(), VerdictOf(begun.status()));
  if (Is(begun.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!begun.ok()) co_return Outward(begun.status(), "users.BeginEmailVerification");
  co_return absl::OkStatus();
}

async::Task<absl::Status> VerifyEmail(Facade& facade, Origin origin,
                                      const v1::VerifyEmailRequest* request) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) co_return peer;
  const auto verified = co_await facade.passwords.CompleteEmailVerification(origin, *request);
  if (!verified.ok()) {
    co_return Outward(verified.status(), "users.CompleteEmailVerification",
                      {reasons::CODE_INVALID});
  }
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
