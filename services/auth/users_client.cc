#include "services/auth/users_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"

namespace tokenforge::auth {

using Methods = users::v1::UserService::StubInterface::async_interface;

UsersClient::UsersClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(users::v1::UserService::NewStub(channel)) {}

async::Task<absl::StatusOr<users::v1::CreateUserResponse>> UsersClient::CreateUser(
    const rpc::ServerCall& call, const CountedRegistration& /*counted*/,
    const v1::RegisterRequest& request, std::string user_id) {
  users::v1::CreateUserRequest query;
  query.set_user_id(std::move(user_id));
  query.set_email(request.email());
  query.set_password(request.password());
  query.set_given_name(request.given_name());
  query.set_family_name(request.family_name());
  return rpc::Call(*stub_, &Methods::CreateUser, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::VerifyPasswordResponse>> UsersClient::VerifyPassword(
    const rpc::ServerCall& call, const CountedPassword& guess, const std::string& password) {
  users::v1::VerifyPasswordRequest query;
  query.set_email(guess.email());
  query.set_password(password);
  return rpc::Call(*stub_, &Methods::VerifyPassword, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::GetUserResponse>> UsersClient::GetUser(
    const rpc::ServerCall& call, const std::string& user_id) {
  users::v1::GetUserRequest query;
  query.set_user_id(user_id);
  return rpc::Call(*stub_, &Methods::GetUser, rpc::OutgoingContext(call), std::move(query));
}

}  // namespace tokenforge::auth
