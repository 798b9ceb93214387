#include "services/auth/login_flows.h"

#include <chrono>
#include <utility>

#include "lib/errors/facts.h"
#include "lib/telemetry/log.h"
#include "lib/uuid/uuid.h"
#include "services/auth/audit_flows.h"
#include "services/auth/audit_queue.h"
#include "services/auth/factor_flows.h"
#include "services/auth/login_gate.h"
#include "services/auth/messages.h"
#include "services/auth/outward.h"
#include "services/auth/password_flows.h"
#include "services/auth/token_flows.h"
#include "services/auth/trust_hub.h"
#include "services/auth/validation.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

// A request may go on when it is well formed, its sender has a name, and what it needs is there.
template <class Request>
absl::Status Admit(const Facade& facade, const Origin& origin, const Request& request) {
  if (absl::Status valid = Validate(request); !valid.ok()) return valid;
  if (absl::Status peer = origin.RequirePeer(); !peer.ok()) return peer;
  return Reachable(facade);
}

Verdict VerdictOfPassword(const absl::StatusOr<users::v1::VerifyPasswordResponse>& verified) {
  if (verified.ok() && verified->user().mfa_enabled()) return Verdict::kStepDone;
  return VerdictOf(verified.status());
}

async::Task<absl::Status> DoLogin(Facade& facade, const Origin& origin,
                                  const v1::LoginRequest& request, v1::LoginResponse& response) {
  if (absl::Status admitted = Admit(facade, origin, request); !admitted.ok()) co_return admitted;
  const auto account = email::CanonicalEmail::Parse(request.email());
  if (!account.ok()) co_return account.status();

  const auto guess = co_await CountPassword(facade, origin, *account);
  if (!guess.ok()) co_return guess.status();
  const auto verified = co_await facade.users.VerifyPassword(origin, *guess, request);
  co_await Settle(facade, origin, guess->plan(), VerdictOfPassword(verified));
  if (!verified.ok()) {
    co_return Outward(verified.status(), "users.VerifyPassword",
                      {reasons::INVALID_CREDENTIALS, reasons::ACCOUNT_DISABLED});
  }
  const users::v1::User& user = verified->user();
  if (user.mfa_enabled()) co_return AnswerChallenge(*verified, response);
  auto tokens = co_await StartSession(facade, origin, user, request.device());
  if (!tokens.ok()) co_return tokens.status();

  *response.mutable_user() = ToPublic(user);
  *response.mutable_tokens() = *std::move(tokens);
  co_return absl::OkStatus();
}

// Whoever is gone or disabled keeps no session. If that cannot be stored now, the caller is refused
// all the same, and the next refresh of each session comes here again.
async::Task<absl::Status> EndAllSessions(Facade& facade, const Origin& origin,
                                         const std::string& user_id) {
  const std::string except;
  const auto ended = co_await facade.sessions.RevokeUserSessions(origin.call, user_id, except);
  if (ended.ok()) {
    facade.trust.Apply(ended->revocations());
  } else {
    telemetry::Log(telemetry::Level::kWarning, "the sessions of a user who is gone live on",
                   origin.call.trace(), {{"sub", user_id}});
  }
  co_return SessionEnded();
}

clock::WallTime BeginOf(const sessions::v1::Session& session) {
  const auto& begin = session.create_time();
  return clock::WallTime(std::chrono::duration_cast<clock::WallTime::duration>(
      std::chrono::seconds(begin.seconds()) + std::chrono::nanoseconds(begin.nanos())));
}

// A session that a new password ended, but that the sessions service was not told of. As above,
// the caller is refused also when it cannot be told now.
async::Task<absl::Status> EndSession(Facade& facade, const Origin& origin,
                                     const sessions::v1::Session& session) {
  const auto ended =
      co_await facade.sessions.RevokeSession(origin.call, session.user_id(), session.session_id());
  if (ended.ok()) {
    facade.trust.Apply(ended->revocations());
  } else {
    telemetry::Log(telemetry::Level::kWarning, "a session that has ended could not be removed",
                   origin.call.trace(), {{"sub", session.user_id()}});
  }
  co_return SessionEnded();
}

async::Task<absl::Status> DoRefresh(Facade& facade, const Origin& origin,
                                    const v1::RefreshRequest& request,
                                    v1::RefreshResponse& response) {
  if (absl::Status admitted = Admit(facade, origin, request); !admitted.ok()) co_return admitted;

  const auto rotated = co_await facade.sessions.RotateRefreshToken(origin, request);
  if (Is(rotated.status(), reasons::REFRESH_TOKEN_REUSED)) {
    facade.audit.Record(TheftEventOf(origin, rotated.status()));
    co_return errors::WithoutFacts(rotated.status());
  }
  if (!rotated.ok()) {
    co_return Outward(
        rotated.status(), "sessions.RotateRefreshToken",
        {reasons::INVALID_FIELD, reasons::REFRESH_TOKEN_INVALID, reasons::REFRESH_TOKEN_SUPERSEDED,
         reasons::SESSION_ENDED, reasons::RATE_LIMITED});
  }
  const sessions::v1::Session& session = rotated->session();
  const auto found = co_await facade.users.GetUser(origin.call, session.user_id());
  if (Is(found.status(), reasons::NOT_FOUND) || (found.ok() && found->user().disabled())) {
    co_return co_await EndAllSessions(facade, origin, session.user_id());
  }
  if (!found.ok()) co_return Outward(found.status(), "users.GetUser");
  if (HasEnded(found->user(), session.session_id(), BeginOf(session))) {
    co_return co_await EndSession(facade, origin, session);
  }

  auto tokens =
      co_await SignTokens(facade, origin, found->user(), session, rotated->refresh_token());
  if (!tokens.ok()) co_return tokens.status();
  *response.mutable_tokens() = *std::move(tokens);
  co_return absl::OkStatus();
}

}  // namespace

async::Task<absl::Status> Register(Facade& facade, Origin origin,
                                   const v1::RegisterRequest* request,
                                   v1::RegisterResponse* response) {
  if (absl::Status admitted = Admit(facade, origin, *request); !admitted.ok()) co_return admitted;

  const auto counted = co_await CountRegistration(facade, origin);
  if (!counted.ok()) co_return counted.status();
  auto creating = facade.users.CreateUser(origin, *counted, *request, uuid::NewId(),
                                          facade.private_registration);
  const auto created = co_await std::move(creating);
  co_await Settle(facade, origin, counted->plan(), VerdictOf(created.status()));
  if (!created.ok()) {
    co_return Outward(created.status(), "users.CreateUser",
                      {reasons::EMAIL_TAKEN, reasons::INVALID_FIELD, reasons::WEAK_PASSWORD});
  }
  if (facade.private_registration) co_return absl::OkStatus();
  auto tokens = co_await StartSession(facade, origin, created->user(), request->device());
  if (!tokens.ok()) {
    co_return Unavailable("the account was created, but no session could be started: log in");
  }
  *response->mutable_user() = ToPublic(created->user());
  *response->mutable_tokens() = *std::move(tokens);
  co_return absl::OkStatus();
}

async::Task<absl::Status> Login(Facade& facade, Origin origin, const v1::LoginRequest* request,
                                v1::LoginResponse* response) {
  const absl::Status status = co_await DoLogin(facade, origin, *request, *response);
  if (status.ok() && response->has_mfa_challenge()) {  // its second step is the one that counts
    facade.logins.With({"challenge"}).Increment();
    co_return status;
  }
  co_return Counted(facade.logins, facade.activity->logins, status);
}

async::Task<absl::Status> Refresh(Facade& facade, Origin origin, const v1::RefreshRequest* request,
                                  v1::RefreshResponse* response) {
  const absl::Status status = co_await DoRefresh(facade, origin, *request, *response);
  co_return Counted(facade.refreshes, facade.activity->refreshes, status);
}

}  // namespace tokenforge::auth
