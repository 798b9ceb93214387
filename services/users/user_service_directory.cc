// The handlers of administration: lists and changes of accounts.
#include <optional>
#include <utility>

#include "lib/rpc/server_call.h"
#include "services/users/messages.h"
#include "services/users/user_service.h"

namespace tokenforge::users {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

template <class Response>
async::Task<absl::Status> AnswerAccount(async::Task<absl::StatusOr<Account>> changing,
                                        Response* response) {
  const absl::StatusOr<Account> account = co_await std::move(changing);
  if (!account.ok()) co_return account.status();
  ToProto(*account, response->mutable_user());
  co_return absl::OkStatus();
}

async::Task<absl::Status> AnswerPage(async::Task<absl::StatusOr<AccountPage>> listing,
                                     v1::ListUsersResponse* response) {
  const absl::StatusOr<AccountPage> page = co_await std::move(listing);
  if (!page.ok()) co_return page.status();
  for (const Account& account : page->accounts) ToProto(account, response->add_users());
  response->set_next_page_token(page->next_page_token);
  co_return absl::OkStatus();
}

// Nothing for a mask that names anything else.
std::optional<ProfileChange> ChangeOf(const v1::UpdateUserRequest& request) {
  ProfileChange change{.user_id = request.user_id()};
  for (const std::string& path : request.update_mask().paths()) {
    if (path == "given_name") {
      change.given_name = request.given_name();
    } else if (path == "family_name") {
      change.family_name = request.family_name();
    } else {
      return std::nullopt;
    }
  }
  return change;
}

}  // namespace

Reactor* UserService::ListUsers(Context* context, const v1::ListUsersRequest* request,
                                v1::ListUsersResponse* response) {
  ListingForm form{.page_size = request->page_size(),
                   .page_token = request->page_token(),
                   .email_prefix = request->email_prefix()};
  return rpc::Serve(
      context,
      AnswerPage(flows_.directory.List(rpc::DeadlineOf(*context), std::move(form)), response));
}

Reactor* UserService::UpdateUser(Context* context, const v1::UpdateUserRequest* request,
                                 v1::UpdateUserResponse* response) {
  std::optional<ProfileChange> change = ChangeOf(*request);
  if (!change) {
    return rpc::Answer(context, errors::InvalidFields({{"update_mask",
                                                        "may only name given_name and "
                                                        "family_name"}}));
  }
  return rpc::Serve(context, AnswerAccount(flows_.directory.UpdateProfile(
                                               rpc::DeadlineOf(*context), *std::move(change),
                                               OriginOf(*context, request->origin())),
                                           response));
}

Reactor* UserService::SetRoles(Context* context, const v1::SetRolesRequest* request,
                               v1::SetRolesResponse* response) {
  Grants grants{.user_id = request->user_id(),
                .roles = {request->roles().begin(), request->roles().end()},
                .scopes = {request->scopes().begin(), request->scopes().end()},
                .end_sessions = request->end_sessions()};
  return rpc::Serve(context, AnswerAccount(flows_.directory.SetGrants(
                                               rpc::DeadlineOf(*context), std::move(grants),
                                               OriginOf(*context, request->origin())),
                                           response));
}

Reactor* UserService::SetDisabled(Context* context, const v1::SetDisabledRequest* request,
                                  v1::SetDisabledResponse* response) {
  return rpc::Serve(
      context, AnswerAccount(flows_.directory.SetDisabled(
                                 rpc::DeadlineOf(*context), request->user_id(), request->disabled(),
                                 request->reason(), OriginOf(*context, request->origin())),
                             response));
}

Reactor* UserService::Unlock(Context* context, const v1::UnlockRequest* request,
                             v1::UnlockResponse* /*response*/) {
  return rpc::Serve(context,
                    flows_.directory.RecordUnlock(rpc::DeadlineOf(*context), request->user_id(),
                                                  OriginOf(*context, request->origin())));
}

Reactor* UserService::DeleteUser(Context* context, const v1::DeleteUserRequest* request,
                                 v1::DeleteUserResponse* /*response*/) {
  return rpc::Serve(
      context, flows_.directory.Delete(rpc::DeadlineOf(*context), request->user_id(),
                                       request->reason(), OriginOf(*context, request->origin())));
}

}  // namespace tokenforge::users
