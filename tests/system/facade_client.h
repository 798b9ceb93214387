// FacadeClient: the calls of a person's device, with deadlines, and the answers' reasons at hand.
//
// Thread-safe: one client may serve many threads.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::systemtest {

class FacadeClient {
 public:
  explicit FacadeClient(const std::shared_ptr<grpc::ChannelInterface>& channel,
                        std::chrono::milliseconds deadline = std::chrono::seconds(20))
      : deadline_(deadline), stub_(auth::v1::AuthService::NewStub(channel)) {}

  // Errors carry what lib/errors reads: reason, field faults, delay.
  absl::StatusOr<auth::v1::RegisterResponse> Register(const std::string& email,
                                                      const std::string& password) const;
  absl::StatusOr<auth::v1::LoginResponse> Login(const std::string& email,
                                                const std::string& password) const;
  absl::StatusOr<auth::v1::Tokens> Refresh(const std::string& refresh_token) const;
  absl::StatusOr<auth::v1::WhoAmIResponse> WhoAmI(const std::string& access_token) const;
  absl::Status Logout(const std::string& access_token) const;
  absl::StatusOr<int> LogoutAll(const std::string& access_token, bool keep_current) const;
  absl::StatusOr<auth::v1::ListSessionsResponse> ListSessions(
      const std::string& access_token) const;
  absl::Status RevokeSession(const std::string& access_token, const std::string& session_id) const;
  absl::StatusOr<auth::v1::IntrospectResponse> Introspect(const std::string& token) const;

  auth::v1::AuthService::Stub& stub() const { return *stub_; }

 private:
  const std::chrono::milliseconds deadline_;  // of each call
  std::unique_ptr<auth::v1::AuthService::Stub> stub_;
};

// Logs in somebody who registered privately: such an account is made after the answer. The last
// error when it has not come in half a minute.
absl::StatusOr<auth::v1::LoginResponse> AwaitLogin(const FacadeClient& client,
                                                   const std::string& email);

// The reason of an error, "OK", or "?" for one that carries none.
std::string ReasonName(const absl::Status& status);

// An address that nobody has.
std::string FreshEmail();

inline constexpr char kPassword[] = "correct horse battery staple";

}  // namespace tokenforge::systemtest
