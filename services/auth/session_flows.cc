#include "services/auth/session_flows.h"

#include <chrono>

#include "services/auth/audit_flows.h"
#include "services/auth/audit_queue.h"
#include "services/auth/messages.h"
#include "services/auth/outward.h"
#include "services/auth/password_flows.h"
#include "services/auth/trust_hub.h"
#include "services/auth/validation.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

std::int64_t Seconds(Caller::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

std::string Joined(const std::vector<std::string>& names) {
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : " ") + name;
  return joined;
}

// An event of a person about their own sessions.
users::v1::AuditEvent EndingOf(const Origin& origin, const Caller& caller, const std::string& kind,
                               const AuditAttributes& attributes) {
  return AuditEventOf(origin, kind, caller.subject(), caller.subject(), attributes);
}

}  // namespace

absl::Status RequirePerson(const Caller& caller) {
  if (caller.kind() == Caller::Kind::kUser && !caller.session_id().empty()) {
    return absl::OkStatus();
  }
  return errors::Make(reasons::TOKEN_WRONG_TYPE,
                      "this method needs the access token of a person's session");
}

async::Task<absl::Status> Logout(Facade& facade, Origin origin, Caller caller) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  const auto ended =
      co_await facade.sessions.RevokeSession(origin.call, caller.subject(), caller.session_id());
  if (!ended.ok()) co_return Outward(ended.status(), "sessions.RevokeSession");
  facade.trust.Apply(ended->revocations());
  facade.audit.Record(EndingOf(origin, caller, "session.revoked",
                               {{"session_id", caller.session_id()}, {"by", "logout"}}));
  if (ended->existed()) co_return absl::OkStatus();
  // The session was gone (expired, or lost by the store), so nothing of it was revoked: at least
  // this token stops working.
  const auto revoked = co_await facade.sessions.RevokeAccessToken(origin.call, caller);
  if (!revoked.ok()) co_return Outward(revoked.status(), "sessions.RevokeAccessToken");
  facade.trust.Apply(revoked->revocations());
  co_return absl::OkStatus();
}

async::Task<absl::Status> LogoutAll(Facade& facade, Origin origin, Caller caller,
                                    const v1::LogoutAllRequest* request,
                                    v1::LogoutAllResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  const std::string except = request->keep_current() ? caller.session_id() : "";
  const auto ended =
      co_await facade.sessions.RevokeUserSessions(origin.call, caller.subject(), except);
  if (!ended.ok()) co_return Outward(ended.status(), "sessions.RevokeUserSessions");
  facade.trust.Apply(ended->revocations());
  facade.audit.Record(
      EndingOf(origin, caller, "sessions.all_revoked",
               {{"sessions_ended", std::to_string(ended->sessions_ended())}, {"kept", except}}));
  response->set_sessions_ended(ended->sessions_ended());
  co_return absl::OkStatus();
}

async::Task<absl::Status> ListSessions(Facade& facade, rpc::ServerCall call, Caller caller,
                                       const v1::ListSessionsRequest* request,
                                       v1::ListSessionsResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto page = co_await facade.sessions.ListSessions(call, caller.subject(), *request);
  if (!page.ok()) {
    co_return Outward(page.status(), "sessions.ListSessions", {reasons::INVALID_FIELD});
  }
  for (const sessions::v1::Session& session : page->sessions()) {
    *response->add_sessions() = ToPublic(session, caller.session_id());
  }
  response->set_next_page_token(page->next_page_token());
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeSession(Facade& facade, Origin origin, Caller caller,
                                        const v1::RevokeSessionRequest* request) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const auto ended =
      co_await facade.sessions.RevokeSession(origin.call, caller.subject(), request->session_id());
  if (!ended.ok()) co_return Outward(ended.status(), "sessions.RevokeSession");
  facade.trust.Apply(ended->revocations());
  if (ended->existed()) {
    facade.audit.Record(EndingOf(origin, caller, "session.revoked",
                                 {{"session_id", request->session_id()}, {"by", "owner"}}));
  }
  co_return absl::OkStatus();
}

async::Task<absl::Status> WhoAmI(Facade& facade, rpc::ServerCall call, Caller caller,
                                 v1::WhoAmIResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  const auto found = co_await facade.users.GetUser(call, caller.subject());
  if (Is(found.status(), reasons::NOT_FOUND) || (found.ok() && found->user().disabled())) {
    co_return SessionEnded();
  }
  if (!found.ok()) co_return Outward(found.status(), "users.GetUser");
  // The token is no older than its session, and no refresh of an ended one gives a younger.
  if (HasEnded(found->user(), caller.session_id(), caller.issue_time())) co_return SessionEnded();
  *response->mutable_user() = ToPublic(found->user());
  response->set_session_id(caller.session_id());
  response->mutable_roles()->Add(caller.roles().begin(), caller.roles().end());
  response->mutable_scopes()->Add(caller.scopes().begin(), caller.scopes().end());
  response->mutable_expire_time()->set_seconds(Seconds(caller.expire_time()));
  co_return absl::OkStatus();
}

absl::Status Introspect(const VerifyToken& verify, const v1::IntrospectRequest& request,
                        v1::IntrospectResponse& response) {
  const absl::StatusOr<Caller> holder = verify(request.token());
  // Whatever is wrong with a token is `active: false` and nothing more (RFC 7662 section 2.2): no
  // hints for token scanning.
  if (absl::IsUnauthenticated(holder.status())) return absl::OkStatus();
  if (!holder.ok()) return Outward(holder.status(), "guard.VerifyToken", {reasons::TRUST_STALE});

  response.set_active(true);
  response.set_scope(Joined(holder->scopes()));
  response.set_client_id(holder->client_id());
  response.set_username(holder->email());
  response.set_token_type("Bearer");
  response.set_exp(Seconds(holder->expire_time()));
  response.set_iat(Seconds(holder->issue_time()));
  response.set_nbf(Seconds(holder->not_before_time()));
  response.set_sub(holder->subject());
  response.mutable_aud()->Add(holder->audiences().begin(), holder->audiences().end());
  response.set_iss(holder->issuer());
  response.set_jti(holder->token_id());
  response.set_sid(holder->session_id());
  response.mutable_roles()->Add(holder->roles().begin(), holder->roles().end());
  return absl::OkStatus();
}

}  // namespace tokenforge::auth
