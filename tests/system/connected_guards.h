// ConnectedGuards: guards of this process on the real feed of a suite's façade, as other teams'
// servers would have them.
//
// Each has a server of its own without a port: what a guard believes is asked with VerifyToken.
#pragma once

#include <grpcpp/server.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/system/suite.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"
#include "tokenforge/guard.h"

namespace tokenforge::systemtest {

class ConnectedGuards {
 public:
  // Starts them; ends the test process when one does not start or gets no keys.
  ConnectedGuards(const Suite& suite, int count);

  int size() const { return static_cast<int>(guards_.size()); }
  const Guard& at(int index) const { return *guards_[static_cast<size_t>(index)].guard; }

  // How many of them accept the token now.
  int Accepting(const std::string& token) const;
  // Waits until every one of them accepts the token (or refuses it); false after a minute.
  bool WaitUntilAll(bool accept, const std::string& token) const;

 private:
  struct One {
    std::unique_ptr<auth::v1::AuthService::Service> service;  // any with rules about tokens
    std::unique_ptr<Guard> guard;
    std::unique_ptr<grpc::Server> server;  // goes first
  };
  std::vector<One> guards_;
};

}  // namespace tokenforge::systemtest
