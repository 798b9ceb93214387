#include "services/users/user_service.h"

#include <utility>

#include "lib/rpc/server_call.h"
#include "services/users/messages.h"

namespace tokenforge::users {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;
using FoundAccount = absl::StatusOr<Account>;

// Every answer of the built methods is one account.
template <class Response>
async::Task<absl::Status> Answer(async::Task<FoundAccount> finding, Response* response) {
  const FoundAccount account = co_await std::move(finding);
  if (!account.ok()) co_return account.status();
  ToProto(*account, response->mutable_user());
  co_return absl::OkStatus();
}

}  // namespace

Reactor* UserService::CreateUser(Context* context, const v1::CreateUserRequest* request,
                                 v1::CreateUserResponse* response) {
  absl::StatusOr<Registration> registration =
      CheckRegistration({.user_id = request->user_id(),
                         .email = request->email(),
                         .password = request->password(),
                         .given_name = request->given_name(),
                         .family_name = request->family_name()},
                        flows_.accounts.passwords());
  if (!registration.ok()) return rpc::Answer(context, registration.status());
  if (request->privately()) {
    return rpc::Serve(context, flows_.passwords.RegisterPrivately(
                                   rpc::DeadlineOf(*context), *std::move(registration),
                                   OriginOf(*context, request->origin())));
  }
  return rpc::Serve(
      context, Answer(flows_.accounts.Create(rpc::DeadlineOf(*context), *std::move(registration),
                                             OriginOf(*context, request->origin())),
                      response));
}

Reactor* UserService::VerifyPassword(Context* context, const v1::VerifyPasswordRequest* request,
                                     v1::VerifyPasswordResponse* response) {
  const Deadline deadline = rpc::DeadlineOf(*context);
  const Origin origin = OriginOf(*context, request->origin());
  return rpc::Serve(context, AnswerLogin(flows_.accounts.VerifyPassword(
                                             deadline, request->email(),
                                             secret::Secret(request->password()), origin),
                                         flows_.logins, deadline, origin, request, response));
}

Reactor* UserService::GetUser(Context* context, const v1::GetUserRequest* request,
                              v1::GetUserResponse* response) {
  return rpc::Serve(
      context,
      Answer(flows_.accounts.Get(rpc::DeadlineOf(*context), request->user_id()), response));
}

Reactor* UserService::GetUserByEmail(Context* context, const v1::GetUserByEmailRequest* request,
                                     v1::GetUserByEmailResponse* response) {
  return rpc::Serve(
      context,
      Answer(flows_.accounts.GetByEmail(rpc::DeadlineOf(*context), request->email()), response));
}

}  // namespace tokenforge::users
