#include "services/auth/directory_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"
#include "services/auth/users_client.h"

namespace tokenforge::auth {

using Methods = users::v1::UserService::StubInterface::async_interface;

DirectoryClient::DirectoryClient(const rpc::Upstream& upstream) : users_(upstream) {}

async::Task<absl::StatusOr<users::v1::GetUserResponse>> DirectoryClient::GetUser(
    const rpc::ServerCall& call, const std::string& user_id) {
  users::v1::GetUserRequest query;
  query.set_user_id(user_id);
  return rpc::Call(users_, &Methods::GetUser, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::GetUserByEmailResponse>> DirectoryClient::GetUserByEmail(
    const rpc::ServerCall& call, const std::string& email) {
  users::v1::GetUserByEmailRequest query;
  query.set_email(email);
  return rpc::Call(users_, &Methods::GetUserByEmail, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::ListUsersResponse>> DirectoryClient::ListUsers(
    const rpc::ServerCall& call, const v1::ListUsersRequest& request) {
  users::v1::ListUsersRequest query;
  query.set_page_size(request.page_size());
  query.set_page_token(request.page_token());
  query.set_email_prefix(request.email_prefix());
  return rpc::Call(users_, &Methods::ListUsers, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::UpdateUserResponse>> DirectoryClient::UpdateUser(
    const Origin& origin, const std::string& user_id, const v1::UpdateProfileRequest& request) {
  users::v1::UpdateUserRequest query;
  query.set_user_id(user_id);
  query.set_given_name(request.given_name());
  query.set_family_name(request.family_name());
  *query.mutable_update_mask() = request.update_mask();
  *query.mutable_origin() = ToUsersOrigin(origin, user_id);
  return rpc::Call(users_, &Methods::UpdateUser, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::SetRolesResponse>> DirectoryClient::SetRoles(
    const Origin& origin, const std::string& actor, const v1::SetUserRolesRequest& request) {
  users::v1::SetRolesRequest query;
  query.set_user_id(request.user_id());
  *query.mutable_roles() = request.roles();
  *query.mutable_scopes() = request.scopes();
  query.set_end_sessions(request.end_sessions());
  *query.mutable_origin() = ToUsersOrigin(origin, actor);
  return rpc::Call(users_, &Methods::SetRoles, rpc::OutgoingContext(origin.call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::SetDisabledResponse>> DirectoryClient::SetDisabled(
    const Origin& origin, const std::string& actor, const std::string& user_id, bool disabled,
    const std::string& reason) {
  users::v1::SetDisabledRequest query;
  query.set_user_id(user_id);
  query.set_disabled(disabled);
  query.set_reason(reason);
  *query.mutable_origin() = ToUsersOrigin(origin, actor);
  return rpc::Call(users_, &Methods::SetDisabled, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::UnlockResponse>> DirectoryClient::Unlock(
    const Origin& origin, const std::string& actor, const std::string& user_id) {
  users::v1::UnlockRequest query;
  query.set_user_id(user_id);
  *query.mutable_origin() = ToUsersOrigin(origin, actor);
  return rpc::Call(users_, &Methods::Unlock, rpc::OutgoingContext(origin.call), std::move(query));
}

async::Task<absl::StatusOr<users::v1::DeleteUserResponse>> DirectoryClient::DeleteUser(
    const Origin& origin, const std::string& actor, const v1::DeleteUserRequest& request) {
  users::v1::DeleteUserRequest query;
  query.set_user_id(request.user_id());
  query.set_reason(request.reason());
  *query.mutable_origin() = ToUsersOrigin(origin, actor);
  return rpc::Call(users_, &Methods::DeleteUser, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

std::unique_ptr<DirectoryClient::ImportCall> DirectoryClient::ImportUsers(
    const rpc::ServerCall& call) {
  return std::make_unique<ImportCall>(users_.stub(), &Methods::ImportUsers,
                                      rpc::OutgoingContext(call));
}

async::Task<absl::StatusOr<users::v1::RecordAuditEventResponse>> DirectoryClient::Record(
    const Origin& origin, const std::string& actor, const std::string& kind,
    const std::string& user_id, const std::map<std::string, std::string>& attributes) {
  users::v1::RecordAuditEventRequest query;
  users::v1::AuditEvent& event = *query.mutable_event();
  event.set_kind(kind);
  event.set_user_id(user_id);
  event.set_actor(actor);
  event.set_ip_address(origin.address);
  event.set_request_id(origin.call.trace().request_id);
  event.set_trace_id(origin.call.trace().TraceIdHex());
  event.mutable_attributes()->insert(attributes.begin(), attributes.end());
  return rpc::Call(users_, &Methods::RecordAuditEvent, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

}  // namespace tokenforge::auth
