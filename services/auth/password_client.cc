#include "services/auth/password_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"
#include "services/auth/users_client.h"

namespace tokenforge::auth {

using Methods = users::v1::UserService::StubInterface::async_interface;

PasswordClient::PasswordClient(const rpc::Upstream& upstream) : users_(upstream) {}

async::Task<absl::StatusOr<users::v1::ChangePasswordResponse>> PasswordClient::ChangePassword(
    const Origin& origin, const CountedPassword& /*guess*/, const Caller& caller,
    const v1::ChangePasswordRequest& request) {
  users::v1::ChangePasswordRequest query;
  query.set_user_id(caller.subject());
  query.set_current_password(request.current_password());
  query.set_new_password(request.new_password());
  query.set_kept_session_id(caller.session_id());
  *query.mutable_origin() = ToUsersOrigin(origin, caller.subject());
  return rpc::Call(users_, &Methods::ChangePassword, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::BeginPasswordResetResponse>>
PasswordClient::BeginPasswordReset(const Origin& origin, const CountedReset& counted) {
  users::v1::BeginPasswordResetRequest query;
  query.set_email(counted.email());
  *query.mutable_origin() = ToUsersOrigin(origin, "");
  return rpc::Call(users_, &Methods::BeginPasswordReset, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::CompletePasswordResetResponse>>
PasswordClient::CompletePasswordReset(const Origin& origin,
                                      const v1::ResetPasswordRequest& request) {
  users::v1::CompletePasswordResetRequest query;
  query.set_token(request.token());
  query.set_new_password(request.new_password());
  *query.mutable_origin() = ToUsersOrigin(origin, "");
  return rpc::Call(users_, &Methods::CompletePasswordReset, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::BeginEmailVerificationResponse>>
PasswordClient::BeginEmailVerification(const Origin& origin, const CountedReset& /*counted*/,
                                       const Caller& caller) {
  users::v1::BeginEmailVerificationRequest query;
  query.set_user_id(caller.subject());
  *query.mutable_origin() = ToUsersOrigin(origin, caller.subject());
  return rpc::Call(users_, &Methods::BeginEmailVerification, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::CompleteEmailVerificationResponse>>
PasswordClient::CompleteEmailVerification(const Origin& origin,
                                          const v1::VerifyEmailRequest& request) {
  users::v1::CompleteEmailVerificationRequest query;
  query.set_token(request.token());
  *query.mutable_origin() = ToUsersOrigin(origin, "");
  return rpc::Call(users_, &Methods::CompleteEmailVerification, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

}  // namespace tokenforge::auth
