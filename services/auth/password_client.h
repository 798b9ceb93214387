// The part of the users service that is about passwords and what mails prove, as the façade's flows
// call it: one awaitable function a step, deadline and trace handed on.
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
#include "tokenforge/caller.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth {

class PasswordClient {
 public:
  explicit PasswordClient(const rpc::Upstream& upstream);

  // The caller's own password; the caller's session lives on.
  async::Task<absl::StatusOr<users::v1::ChangePasswordResponse>> ChangePassword(
      const Origin& origin, const CountedPassword& guess, const Caller& caller,
      const v1::ChangePasswordRequest& request);

  // A mail to the address that was counted.
  async::Task<absl::StatusOr<users::v1::BeginPasswordResetResponse>> BeginPasswordReset(
      const Origin& origin, const CountedReset& counted);
  async::Task<absl::StatusOr<users::v1::CompletePasswordResetResponse>> CompletePasswordReset(
      const Origin& origin, const v1::ResetPasswordRequest& request);

  // A mail to the caller's address, which was counted.
  async::Task<absl::StatusOr<users::v1::BeginEmailVerificationResponse>> BeginEmailVerification(
      const Origin& origin, const CountedReset& counted, const Caller& caller);
  async::Task<absl::StatusOr<users::v1::CompleteEmailVerificationResponse>>
  CompleteEmailVerification(const Origin& origin, const v1::VerifyEmailRequest& request);

 private:
  rpc::Downstream<users::v1::UserService> users_;
};

}  // namespace tokenforge::auth
