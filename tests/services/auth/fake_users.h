// The users service in memory: behaves as its proto promises, with passwords in the clear.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "lib/sync/mutex.h"
#include "tests/services/auth/faults.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth::testing {

class FakeUsers final : public users::v1::UserService::Service {
 public:
  static constexpr const char* kRightCode = "123456";
  static constexpr const char* kRightRecoveryCode = "ABCD-EFGH-IJKL-MNOP";

  Faults faults;

  // Changes a stored account.
  void Change(const std::string& email, const std::function<void(users::v1::User&)>& change);
  void Delete(const std::string& email);

  // What was recorded of a kind, in the order in which it came; of all kinds when it is empty.
  std::vector<users::v1::AuditEvent> Audited(const std::string& kind);

  grpc::Status RecordAuditEvent(grpc::ServerContext* context,
                                const users::v1::RecordAuditEventRequest* request,
                                users::v1::RecordAuditEventResponse* response) override;
  // Everything, oldest first, in pages of two; INVALID_FIELD for a kind "bad".
  grpc::Status ListAuditEvents(grpc::ServerContext* context,
                               const users::v1::ListAuditEventsRequest* request,
                               users::v1::ListAuditEventsResponse* response) override;
  grpc::Status CreateUser(grpc::ServerContext* context, const users::v1::CreateUserRequest* request,
                          users::v1::CreateUserResponse* response) override;
  grpc::Status VerifyPassword(grpc::ServerContext* context,
                              const users::v1::VerifyPasswordRequest* request,
                              users::v1::VerifyPasswordResponse* response) override;
  grpc::Status GetUser(grpc::ServerContext* context, const users::v1::GetUserRequest* request,
                       users::v1::GetUserResponse* response) override;
  grpc::Status GetLoginChallenge(grpc::ServerContext* context,
                                 const users::v1::GetLoginChallengeRequest* request,
                                 users::v1::GetLoginChallengeResponse* response) override;
  grpc::Status VerifySecondFactor(grpc::ServerContext* context,
                                  const users::v1::VerifySecondFactorRequest* request,
                                  users::v1::VerifySecondFactorResponse* response) override;
  grpc::Status EnrollTotp(grpc::ServerContext* context, const users::v1::EnrollTotpRequest* request,
                          users::v1::EnrollTotpResponse* response) override;
  grpc::Status ConfirmTotp(grpc::ServerContext* context,
                           const users::v1::ConfirmTotpRequest* request,
                           users::v1::ConfirmTotpResponse* response) override;
  grpc::Status DisableTotp(grpc::ServerContext* context,
                           const users::v1::DisableTotpRequest* request,
                           users::v1::DisableTotpResponse* response) override;

  // fake_users_directory.cc: administration. Keeps no rule but that an account must be there.
  grpc::Status GetUserByEmail(grpc::ServerContext* context,
                              const users::v1::GetUserByEmailRequest* request,
                              users::v1::GetUserByEmailResponse* response) override;
  grpc::Status ListUsers(grpc::ServerContext* context, const users::v1::ListUsersRequest* request,
                         users::v1::ListUsersResponse* response) override;
  grpc::Status UpdateUser(grpc::ServerContext* context, const users::v1::UpdateUserRequest* request,
                          users::v1::UpdateUserResponse* response) override;
  grpc::Status SetRoles(grpc::ServerContext* context, const users::v1::SetRolesRequest* request,
                        users::v1::SetRolesResponse* response) override;
  grpc::Status SetDisabled(grpc::ServerContext* context,
                           const users::v1::SetDisabledRequest* request,
                           users::v1::SetDisabledResponse* response) override;
  grpc::Status Unlock(grpc::ServerContext* context, const users::v1::UnlockRequest* request,
                      users::v1::UnlockResponse* response) override;
  grpc::Status DeleteUser(grpc::ServerContext* context, const users::v1::DeleteUserRequest* request,
                          users::v1::DeleteUserResponse* response) override;
  // Counts rows; refuses those without an email.
  grpc::Status ImportUsers(grpc::ServerContext* context,
                           grpc::ServerReader<users::v1::ImportUsersRequest>* rows,
                           users::v1::ImportUsersResponse* response) override;

  // "kind actor user_id" of each change and each recorded event, in order.
  std::vector<std::string> Told() const;
  // How imports ended whose last row never came.
  int BrokenImports() const;
  // Tokens are not mailed: "tfp_of EMAIL" resets and "tfv_of EMAIL" verifies once that was asked
  // for.
  grpc::Status ChangePassword(grpc::ServerContext* context,
                              const users::v1::ChangePasswordRequest* request,
                              users::v1::ChangePasswordResponse* response) override;
  grpc::Status BeginPasswordReset(grpc::ServerContext* context,
                                  const users::v1::BeginPasswordResetRequest* request,
                                  users::v1::BeginPasswordResetResponse* response) override;
  grpc::Status CompletePasswordReset(grpc::ServerContext* context,
                                     const users::v1::CompletePasswordResetRequest* request,
                                     users::v1::CompletePasswordResetResponse* response) override;
  grpc::Status BeginEmailVerification(grpc::ServerContext* context,
                                      const users::v1::BeginEmailVerificationRequest* request,
                                      users::v1::BeginEmailVerificationResponse* response) override;
  grpc::Status CompleteEmailVerification(
      grpc::ServerContext* context, const users::v1::CompleteEmailVerificationRequest* request,
      users::v1::CompleteEmailVerificationResponse* response) override;

 private:
  struct Account {
    users::v1::User user;
    std::string password;
  };
  void OpenChallenge(const users::v1::VerifyPasswordRequest& request,
                     users::v1::VerifyPasswordResponse* response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Account* AccountOf(const std::string& user_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The account with this ID, or null.
  users::v1::User* Find(const std::string& user_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  grpc::Status Change(const std::string& kind, const std::string& actor, const std::string& user_id,
                      const std::function<void(users::v1::User&)>& change, users::v1::User* shown);

  mutable sync::Mutex mutex_;
  std::vector<std::string> told_ ABSL_GUARDED_BY(mutex_);
  int broken_imports_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, Account> accounts_ ABSL_GUARDED_BY(mutex_);  // by email
  std::vector<users::v1::AuditEvent> audited_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, users::v1::VerifyPasswordRequest> challenges_ ABSL_GUARDED_BY(mutex_);
  int challenges_made_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<std::string> tokens_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth::testing
