// An administrator for tests: no user is one before the command line made one, but the keys service
// signs for whoever holds the façade's certificate, as a suite's owner does.
#pragma once

#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "tests/system/suite.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::systemtest {

class Admin {
 public:
  explicit Admin(Suite& suite);

  // An access token of a new administrator. Ends the test process when no token is to be had.
  std::string NewToken();

  enum class Sessions { kGoOn, kEnd };
  grpc::Status RevokeAllSigningKeys(auth::v1::RevokeAllSigningKeysResponse* response,
                                    Sessions sessions = Sessions::kGoOn);

 private:
  const std::unique_ptr<auth::v1::AdminService::Stub> stub_;
  const std::shared_ptr<grpc::Channel> keys_;
};

}  // namespace tokenforge::systemtest
