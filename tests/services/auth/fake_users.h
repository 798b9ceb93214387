// The users service in memory: behaves as its proto promises, with passwords in the clear.
// Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/sync/mutex.h"
#include "tests/services/auth/faults.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth::testing {

class FakeUsers final : public users::v1::UserService::Service {
 public:
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

 private:
  struct Account {
    users::v1::User user;
    std::string password;
  };
  sync::Mutex mutex_;
  std::map<std::string, Account> accounts_ ABSL_GUARDED_BY(mutex_);  // by email
  std::vector<users::v1::AuditEvent> audited_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth::testing
