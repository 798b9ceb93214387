// What the users service does for administrators, as the façade's flows call it: one awaitable
// function a step, deadline and trace handed on. `actor` is who acts, for the audit log.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe. References given to
// a function are read before it returns.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "lib/rpc/write_call.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth {

class DirectoryClient {
 public:
  using ImportCall = rpc::WriteCall<users::v1::ImportUsersRequest, users::v1::ImportUsersResponse>;

  explicit DirectoryClient(const rpc::Upstream& upstream);

  async::Task<absl::StatusOr<users::v1::GetUserResponse>> GetUser(const rpc::ServerCall& call,
                                                                  const std::string& user_id);
  async::Task<absl::StatusOr<users::v1::GetUserByEmailResponse>> GetUserByEmail(
      const rpc::ServerCall& call, const std::string& email);
  async::Task<absl::StatusOr<users::v1::ListUsersResponse>> ListUsers(
      const rpc::ServerCall& call, const v1::ListUsersRequest& request);

  async::Task<absl::StatusOr<users::v1::UpdateUserResponse>> UpdateUser(
      const Origin& origin, const std::string& user_id, const v1::UpdateProfileRequest& request);
  async::Task<absl::StatusOr<users::v1::SetRolesResponse>> SetRoles(
      const Origin& origin, const std::string& actor, const v1::SetUserRolesRequest& request);
  async::Task<absl::StatusOr<users::v1::SetDisabledResponse>> SetDisabled(
      const Origin& origin, const std::string& actor, const std::string& user_id, bool disabled,
      const std::string& reason);
  // Records it; the lock is kept by sessions.
  async::Task<absl::StatusOr<users::v1::UnlockResponse>> Unlock(const Origin& origin,
                                                                const std::string& actor,
                                                                const std::string& user_id);
  async::Task<absl::StatusOr<users::v1::DeleteUserResponse>> DeleteUser(
      const Origin& origin, const std::string& actor, const v1::DeleteUserRequest& request);

  // Begins an import; its first row carries the origin.
  std::unique_ptr<ImportCall> ImportUsers(const rpc::ServerCall& call);

  // Writes what an administrator did that no change of an account tells of.
  async::Task<absl::StatusOr<users::v1::RecordAuditEventResponse>> Record(
      const Origin& origin, const std::string& actor, const std::string& kind,
      const std::string& user_id, const std::map<std::string, std::string>& attributes);

 private:
  rpc::Downstream<users::v1::UserService> users_;
};

}  // namespace tokenforge::auth
