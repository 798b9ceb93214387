// The sessions service, as the façade's flows call it: one awaitable function a step, deadline and
// trace handed on.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe. References given to
// a function are read before it returns.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "services/auth/origin.h"
#include "tokenforge/auth/v1/auth.pb.h"
#include "tokenforge/caller.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::auth {

class SessionsClient {
 public:
  explicit SessionsClient(const rpc::Upstream& upstream);

  // CIRCUIT_OPEN when a call would be refused now.
  absl::Status Look() const { return sessions_.Look(); }

  // A session of a user who proved who they are by these methods (RFC 8176).
  async::Task<absl::StatusOr<sessions::v1::CreateSessionResponse>> CreateSession(
      const Origin& origin, const std::string& user_id, const v1::Device& device,
      const std::vector<std::string>& amr);
  async::Task<absl::StatusOr<sessions::v1::RotateRefreshTokenResponse>> RotateRefreshToken(
      const Origin& origin, const v1::RefreshRequest& request);
  async::Task<absl::StatusOr<sessions::v1::ListSessionsResponse>> ListSessions(
      const rpc::ServerCall& call, const std::string& user_id,
      const v1::ListSessionsRequest& request);
  async::Task<absl::StatusOr<sessions::v1::RevokeSessionResponse>> RevokeSession(
      const rpc::ServerCall& call, const std::string& user_id, const std::string& session_id);
  // One access token of a user, until it expires by itself.
  async::Task<absl::StatusOr<sessions::v1::RevokeAccessTokenResponse>> RevokeAccessToken(
      const rpc::ServerCall& call, const Caller& caller);
  // All sessions of a user but `except`, which may be empty.
  async::Task<absl::StatusOr<sessions::v1::RevokeUserSessionsResponse>> RevokeUserSessions(
      const rpc::ServerCall& call, const std::string& user_id, const std::string& except);

  // Every session of every user, whoever they are.
  async::Task<absl::StatusOr<sessions::v1::EndAllSessionsResponse>> EndAllSessions(
      const rpc::ServerCall& call, const std::string& reason);

  // Takes from rate limits, all or none, or gives back (login_gate.h). Never retried: a repetition
  // takes twice.
  async::Task<absl::StatusOr<sessions::v1::TakeTokensResponse>> TakeTokens(
      const rpc::ServerCall& call, const sessions::v1::TakeTokensRequest& request);

 private:
  rpc::Downstream<sessions::v1::SessionService> sessions_;
};

}  // namespace tokenforge::auth
