// The part of UserService that is about passwords and what mails prove.
#include <utility>

#include "lib/rpc/server_call.h"
#include "services/users/messages.h"
#include "services/users/user_service.h"

namespace tokenforge::users {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;
using Changing = async::Task<absl::StatusOr<Account>>;

async::Task<absl::Status> StatusOf(Changing changing) {
  const absl::StatusOr<Account> account = co_await std::move(changing);
  co_return account.status();
}

async::Task<absl::Status> AnswerId(Changing changing, v1::CompletePasswordResetResponse* response) {
  const absl::StatusOr<Account> account = co_await std::move(changing);
  if (account.ok()) response->set_user_id(account->user_id);
  co_return account.status();
}

async::Task<absl::Status> AnswerUser(Changing changing,
                                     v1::CompleteEmailVerificationResponse* response) {
  const absl::StatusOr<Account> account = co_await std::move(changing);
  if (account.ok()) ToProto(*account, response->mutable_user());
  co_return account.status();
}

}  // namespace

Reactor* UserService::ChangePassword(Context* context, const v1::ChangePasswordRequest* request,
                                     v1::ChangePasswordResponse* /*response*/) {
  Passwords::Replacement replacement{.user_id = request->user_id(),
                                     .current = secret::Secret(request->current_password()),
                                     .wanted = secret::Secret(request->new_password()),
                                     .kept_session_id = request->kept_session_id()};
  return rpc::Serve(
      context, StatusOf(flows_.passwords.Change(rpc::DeadlineOf(*context), std::move(replacement),
                                                OriginOf(*context, request->origin()))));
}

Reactor* UserService::BeginPasswordReset(Context* context,
                                         const v1::BeginPasswordResetRequest* request,
                                         v1::BeginPasswordResetResponse* /*response*/) {
  return rpc::Serve(context,
                    flows_.passwords.BeginReset(rpc::DeadlineOf(*context), request->email(),
                                                OriginOf(*context, request->origin())));
}

Reactor* UserService::CompletePasswordReset(Context* context,
                                            const v1::CompletePasswordResetRequest* request,
                                            v1::CompletePasswordResetResponse* response) {
  return rpc::Serve(
      context,
      AnswerId(flows_.passwords.CompleteReset(
                   rpc::DeadlineOf(*context), secret::Secret(request->token()),
                   secret::Secret(request->new_password()), OriginOf(*context, request->origin())),
               response));
}

Reactor* UserService::BeginEmailVerification(Context* context,
                                             const v1::BeginEmailVerificationRequest* request,
                                             v1::BeginEmailVerificationResponse* /*response*/) {
  return rpc::Serve(
      context, flows_.passwords.BeginVerification(rpc::DeadlineOf(*context), request->user_id(),
                                                  OriginOf(*context, request->origin())));
}

Reactor* UserService::CompleteEmailVerification(Context* context,
                                                const v1::CompleteEmailVerificationRequest* request,
                                                v1::CompleteEmailVerificationResponse* response) {
  return rpc::Serve(context,
                    AnswerUser(flows_.passwords.CompleteVerification(
                                   rpc::DeadlineOf(*context), secret::Secret(request->token()),
                                   OriginOf(*context, request->origin())),
                               response));
}

}  // namespace tokenforge::users
