// The users service's methods for second factors, as the façade's flows call them: one awaitable
// function a step, deadline and trace handed on.
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

class FactorClient {
 public:
  explicit FactorClient(const rpc::Upstream& upstream);

  // Whose login waits for a code.
  async::Task<absl::StatusOr<users::v1::GetLoginChallengeResponse>> GetLoginChallenge(
      const rpc::ServerCall& call, const std::string& challenge);
  // Tries the code of a guess that was counted against the account `user_id`. Never retried: the
  // repetition of a right code is a wrong one.
  async::Task<absl::StatusOr<users::v1::VerifySecondFactorResponse>> VerifySecondFactor(
      const Origin& origin, const CountedCode& guess, const std::string& user_id,
      const v1::CompleteLoginRequest& request);

  async::Task<absl::StatusOr<users::v1::EnrollTotpResponse>> EnrollTotp(const Origin& origin,
                                                                        const std::string& user_id);
  async::Task<absl::StatusOr<users::v1::ConfirmTotpResponse>> ConfirmTotp(
      const Origin& origin, const std::string& user_id, const v1::ConfirmTotpRequest& request);
  async::Task<absl::StatusOr<users::v1::DisableTotpResponse>> DisableTotp(
      const Origin& origin, const CountedPassword& guess, const std::string& user_id,
      const v1::DisableTotpRequest& request);

 private:
  rpc::Downstream<users::v1::UserService> users_;
};

}  // namespace tokenforge::auth
