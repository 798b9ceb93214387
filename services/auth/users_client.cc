#include "services/auth/users_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"

namespace tokenforge::auth {

using Methods = users::v1::UserService::StubInterface::async_interface;

users::v1::Origin ToUsersOrigin(const Origin& origin, const std::string& actor,
                                const v1::Device& device) {
  users::v1::Origin from;
  from.set_actor(actor);
  from.set_client_id(origin.client_id);
  from.set_ip_address(origin.address);
  from.set_device_name(device.name());
  from.set_user_agent(device.user_agent());
  return from;
}

UsersClient::UsersClient(const rpc::Upstream& upstream) : users_(upstream) {}

async::Task<absl::StatusOr<users::v1::CreateUserResponse>> UsersClient::CreateUser(
    const Origin& origin, const CountedRegistration& /*counted*/,
    const v1::RegisterRequest& request, std::string user_id, bool privately) {
  users::v1::CreateUserRequest query;
  query.set_user_id(std::move(user_id));
  query.set_email(request.email());
  query.set_password(request.password());
  query.set_given_name(request.given_name());
  query.set_family_name(request.family_name());
  query.set_privately(privately);
  *query.mutable_origin() = ToUsersOrigin(origin, "", request.device());
  return rpc::Call(users_, &Methods::CreateUser, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::VerifyPasswordResponse>> UsersClient::VerifyPassword(
    const Origin& origin, const CountedPassword& guess, const v1::LoginRequest& request) {
  users::v1::VerifyPasswordRequest query;
  query.set_email(guess.email());
  query.set_password(request.password());
  query.set_device_ip_address(request.device().ip_address());
  *query.mutable_origin() = ToUsersOrigin(origin, "", request.device());
  return rpc::Call(users_, &Methods::VerifyPassword, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::GetUserResponse>> UsersClient::GetUser(
    const rpc::ServerCall& call, const std::string& user_id) {
  users::v1::GetUserRequest query;
  query.set_user_id(user_id);
  return rpc::Call(users_, &Methods::GetUser, rpc::OutgoingContext(call), std::move(query));
}

}  // namespace tokenforge::auth
