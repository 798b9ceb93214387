// AdminSession: an administrator who is logged in, for as long as a command takes.
//
// Logs in with a password (asked for at the terminal, or from a file) and, when the account has a
// second factor, a code; refreshes the access token before it ends; logs out at the end, so that no
// session stays behind. Blocks; used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/rpc/outgoing.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::cli {

// How to reach the façade, and as whom.
struct AdminLogin {
  std::string auth;
  std::string auth_identity;
  std::string certs;
  std::string identity;
  std::string email;
  std::string password_file;
};
void Declare(config::Parser& parser, AdminLogin* login);

class AdminSession {
 public:
  static absl::StatusOr<std::unique_ptr<AdminSession>> Open(const AdminLogin& login);
  ~AdminSession();
  AdminSession(const AdminSession&) = delete;
  AdminSession& operator=(const AdminSession&) = delete;

  auth::v1::AdminService::StubInterface& admin() { return *admin_; }

  // The access token; from here on the session is not ended at the end of this object.
  std::string KeepToken();

  // For one call, with a token that lasts at least a minute.
  absl::StatusOr<rpc::OutgoingContext> NewCall(std::chrono::seconds at_most);

 private:
  explicit AdminSession(const std::shared_ptr<grpc::Channel>& channel);
  absl::Status LogIn(const AdminLogin& login);
  absl::Status Refresh();

  const std::unique_ptr<auth::v1::AuthService::StubInterface> auth_;
  const std::unique_ptr<auth::v1::AdminService::StubInterface> admin_;
  auth::v1::Tokens tokens_;
};

}  // namespace tokenforge::cli
