// The users service, as the façade's flows call it: one awaitable function a step, deadline and
// trace handed on.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe. References given to
// a function are read before it returns.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "services/auth/counted_attempt.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth {

// What the users service writes into its audit log and its mails about a call: who acts (a user ID
// or SPIFFE ID; empty for whoever has proved nothing yet), and on what device.
users::v1::Origin ToUsersOrigin(const Origin& origin, const std::string& actor,
                                const v1::Device& device = {});

class UsersClient {
 public:
  explicit UsersClient(const rpc::Upstream& upstream);

  // CIRCUIT_OPEN when a call would be refused now.
  absl::Status Look() const { return users_.Look(); }

  // Stores an account under an ID of ours, so that a retry is recognised. `privately`: nothing
  // tells whether the address was free.
  async::Task<absl::StatusOr<users::v1::CreateUserResponse>> CreateUser(
      const Origin& origin, const CountedRegistration& counted, const v1::RegisterRequest& request,
      std::string user_id, bool privately);
  // Of the account whose guess was counted, in the form in which it was counted.
  async::Task<absl::StatusOr<users::v1::VerifyPasswordResponse>> VerifyPassword(
      const Origin& origin, const CountedPassword& guess, const v1::LoginRequest& request);
  async::Task<absl::StatusOr<users::v1::GetUserResponse>> GetUser(const rpc::ServerCall& call,
                                                                  const std::string& user_id);

 private:
  rpc::Downstream<users::v1::UserService> users_;
};

}  // namespace tokenforge::auth
