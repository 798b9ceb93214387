#include "services/auth/user_admin_flows.h"

#include <map>
#include <string>
#include <utility>

#include "lib/telemetry/log.h"
#include "services/auth/admin_validation.h"
#include "services/auth/messages.h"
#include "services/auth/outward.h"
#include "services/auth/session_flows.h"
#include "services/auth/trust_hub.h"
#include "services/auth/validation.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

// An account as an administrator sees it.
v1::User ToAdministrator(const users::v1::User& user) {
  v1::User shown = ToPublic(user);
  *shown.mutable_scopes() = user.scopes();
  return shown;
}

// Of a look-up, before it answers.
async::Task<absl::Status> RecordRead(Facade& facade, const Origin& origin, const Caller& caller,
                                     const char* method, const std::string& user_id) {
  const std::string kind = "admin.read";
  const std::map<std::string, std::string> attributes{{"method", method}};
  auto recording = facade.directory.Record(origin, caller.subject(), kind, user_id, attributes);
  const auto recorded = co_await std::move(recording);
  if (!recorded.ok()) co_return Outward(recorded.status(), "users.RecordAuditEvent");
  co_return absl::OkStatus();
}

// Ends all sessions of a user whose account was changed before: the error says so.
async::Task<absl::Status> EndSessions(Facade& facade, const Origin& origin,
                                      const std::string& user_id) {
  const std::string except;
  auto ending = facade.sessions.RevokeUserSessions(origin.call, user_id, except);
  const auto ended = co_await std::move(ending);
  if (!ended.ok()) {
    const absl::Status failed = Outward(ended.status(), "sessions.RevokeUserSessions");
    if (!absl::IsUnavailable(failed)) co_return failed;
    co_return Unavailable(
        "the account was changed, but its sessions may not have ended: call again");
  }
  facade.trust.Apply(ended->revocations());
  co_return absl::OkStatus();
}

async::Task<absl::Status> SetDisabled(Facade& facade, const Origin& origin, const Caller& caller,
                                      const std::string& user_id, bool disabled,
                                      const std::string& reason, v1::User* shown) {
  auto setting = facade.directory.SetDisabled(origin, caller.subject(), user_id, disabled, reason);
  const auto set = co_await std::move(setting);
  if (!set.ok()) {
    co_return Outward(set.status(), "users.SetDisabled",
                      {reasons::NOT_FOUND, reasons::INVALID_FIELD, reasons::LAST_ADMINISTRATOR});
  }
  *shown = ToAdministrator(set->user());
  co_return absl::OkStatus();
}

}  // namespace

async::Task<absl::Status> GetUser(Facade& facade, Origin origin, Caller caller,
                                  const v1::GetUserRequest* request,
                                  v1::GetUserResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  users::v1::User user;
  if (request->has_user_id()) {
    auto finding = facade.directory.GetUser(origin.call, request->user_id());
    const auto found = co_await std::move(finding);
    if (!found.ok()) co_return Outward(found.status(), "users.GetUser", {reasons::NOT_FOUND});
    user = found->user();
  } else {
    auto finding = facade.directory.GetUserByEmail(origin.call, request->email());
    const auto found = co_await std::move(finding);
    if (!found.ok()) {
      co_return Outward(found.status(), "users.GetUserByEmail", {reasons::NOT_FOUND});
    }
    user = found->user();
  }
  auto recording = RecordRead(facade, origin, caller, "GetUser", user.user_id());
  if (absl::Status recorded = co_await std::move(recording); !recorded.ok()) co_return recorded;
  *response->mutable_user() = ToAdministrator(user);
  co_return absl::OkStatus();
}

async::Task<absl::Status> ListUsers(Facade& facade, Origin origin, Caller caller,
                                    const v1::ListUsersRequest* request,
                                    v1::ListUsersResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto listing = facade.directory.ListUsers(origin.call, *request);
  const auto page = co_await std::move(listing);
  if (!page.ok()) co_return Outward(page.status(), "users.ListUsers", {reasons::INVALID_FIELD});
  const std::string nobody;
  auto recording = RecordRead(facade, origin, caller, "ListUsers", nobody);
  if (absl::Status recorded = co_await std::move(recording); !recorded.ok()) co_return recorded;
  for (const users::v1::User& user : page->users()) *response->add_users() = ToAdministrator(user);
  response->set_next_page_token(page->next_page_token());
  co_return absl::OkStatus();
}

async::Task<absl::Status> SetUserRoles(Facade& facade, Origin origin, Caller caller,
                                       const v1::SetUserRolesRequest* request,
                                       v1::SetUserRolesResponse* response) {
  // The users service judges the whole request, and names all its faults.
  auto setting = facade.directory.SetRoles(origin, caller.subject(), *request);
  const auto set = co_await std::move(setting);
  if (!set.ok()) {
    co_return Outward(set.status(), "users.SetRoles",
                      {reasons::NOT_FOUND, reasons::INVALID_FIELD, reasons::LAST_ADMINISTRATOR});
  }
  if (request->end_sessions()) {
    auto ending = EndSessions(facade, origin, request->user_id());
    if (absl::Status ended = co_await std::move(ending); !ended.ok()) co_return ended;
  }
  *response->mutable_user() = ToAdministrator(set->user());
  co_return absl::OkStatus();
}

async::Task<absl::Status> DisableUser(Facade& facade, Origin origin, Caller caller,
                                      const v1::DisableUserRequest* request,
                                      v1::DisableUserResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto setting = SetDisabled(facade, origin, caller, request->user_id(), true, request->reason(),
                             response->mutable_user());
  if (absl::Status set = co_await std::move(setting); !set.ok()) co_return set;
  auto ending = EndSessions(facade, origin, request->user_id());
  co_return co_await std::move(ending);
}

async::Task<absl::Status> EnableUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::EnableUserRequest* request,
                                     v1::EnableUserResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto setting = SetDisabled(facade, origin, caller, request->user_id(), false, request->reason(),
                             response->mutable_user());
  co_return co_await std::move(setting);
}

async::Task<absl::Status> UnlockUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::UnlockUserRequest* request) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto finding = facade.directory.GetUser(origin.call, request->user_id());
  const auto found = co_await std::move(finding);
  if (!found.ok()) co_return Outward(found.status(), "users.GetUser", {reasons::NOT_FOUND});
  const auto email = email::CanonicalEmail::Parse(found->user().email());
  if (!email.ok()) co_return Outward(email.status(), "users.GetUser");
  // Recorded first: of the two that must not be missing.
  auto recording = facade.directory.Unlock(origin, caller.subject(), request->user_id());
  const auto recorded = co_await std::move(recording);
  if (!recorded.ok()) co_return Outward(recorded.status(), "users.Unlock", {reasons::NOT_FOUND});
  const sessions::v1::TakeTokensRequest unlock = EndOfLock(*email);
  auto giving = facade.sessions.TakeTokens(origin.call, unlock);
  const auto given = co_await std::move(giving);
  if (!given.ok()) co_return Outward(given.status(), "sessions.TakeTokens");
  co_return absl::OkStatus();
}

async::Task<absl::Status> DeleteUser(Facade& facade, Origin origin, Caller caller,
                                     const v1::DeleteUserRequest* request) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto deleting = facade.directory.DeleteUser(origin, caller.subject(), *request);
  const auto deleted = co_await std::move(deleting);
  if (!deleted.ok())
    co_return Outward(deleted.status(), "users.DeleteUser",
                      {reasons::INVALID_FIELD, reasons::LAST_ADMINISTRATOR});
  auto ending = EndSessions(facade, origin, request->user_id());
  co_return co_await std::move(ending);
}

async::Task<absl::Status> ListUserSessions(Facade& facade, Origin origin, Caller caller,
                                           const v1::ListUserSessionsRequest* request,
                                           v1::ListUserSessionsResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  v1::ListSessionsRequest query;
  query.set_page_size(request->page_size());
  query.set_page_token(request->page_token());
  auto listing = facade.sessions.ListSessions(origin.call, request->user_id(), query);
  const auto page = co_await std::move(listing);
  if (!page.ok()) {
    co_return Outward(page.status(), "sessions.ListSessions", {reasons::INVALID_FIELD});
  }
  auto recording = RecordRead(facade, origin, caller, "ListUserSessions", request->user_id());
  if (absl::Status recorded = co_await std::move(recording); !recorded.ok()) co_return recorded;
  for (const sessions::v1::Session& session : page->sessions()) {
    *response->add_sessions() = ToPublic(session, caller.session_id());
  }
  response->set_next_page_token(page->next_page_token());
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeUserSessions(Facade& facade, Origin origin, Caller caller,
                                             const v1::RevokeUserSessionsRequest* request,
                                             v1::RevokeUserSessionsResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  const std::string except;
  auto ending = facade.sessions.RevokeUserSessions(origin.call, request->user_id(), except);
  const auto ended = co_await std::move(ending);
  if (!ended.ok()) co_return Outward(ended.status(), "sessions.RevokeUserSessions");
  facade.trust.Apply(ended->revocations());
  response->set_sessions_ended(ended->sessions_ended());

  const std::string kind = "session.revoked_all";
  const std::map<std::string, std::string> attributes{
      {"reason", request->reason()}, {"sessions", std::to_string(ended->sessions_ended())}};
  auto recording =
      facade.directory.Record(origin, caller.subject(), kind, request->user_id(), attributes);
  const auto recorded = co_await std::move(recording);
  if (!recorded.ok()) {
    telemetry::Log(telemetry::Level::kError,
                   "an administrator ended a user's sessions, and the audit log lacks it",
                   origin.call.trace(), {{"actor", caller.subject()}, {"sub", request->user_id()}});
  }
  co_return absl::OkStatus();
}

async::Task<absl::Status> UpdateProfile(Facade& facade, Origin origin, Caller caller,
                                        const v1::UpdateProfileRequest* request,
                                        v1::UpdateProfileResponse* response) {
  if (absl::Status person = RequirePerson(caller); !person.ok()) co_return person;
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto updating = facade.directory.UpdateUser(origin, caller.subject(), *request);
  const auto updated = co_await std::move(updating);
  if (Is(updated.status(), reasons::NOT_FOUND)) co_return SessionEnded();
  if (!updated.ok()) {
    co_return Outward(updated.status(), "users.UpdateUser", {reasons::INVALID_FIELD});
  }
  *response->mutable_user() = ToPublic(updated->user());
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
