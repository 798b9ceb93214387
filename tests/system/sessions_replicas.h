// Three tokenforge-sessions processes over mTLS on one Redis, and clients of them that come as the
// façade does. Everything ends with the object. Used from one thread; stubs from any.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tests/lib/rpc/certs.h"
#include "tests/system/child_process.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::systemtest {

class SessionsReplicas {
 public:
  static constexpr std::size_t kReplicas = 3;

  // `flags` go to all of them.
  SessionsReplicas(const std::string& redis_address, std::vector<std::string> flags);

  bool StartAll();  // false: one does not come to answer
  void Start(std::size_t replica);
  void Kill(std::size_t replica);  // SIGKILL, and waits for the end

  sessions::v1::SessionService::Stub& stub(std::size_t replica) { return *stubs_[replica]; }

 private:
  bool AwaitAnswer(std::size_t replica);

  rpc::testing::Certs certs_;
  rpc::TlsFiles server_ = certs_.MakeFor("spiffe://example.org/sessions");
  rpc::TlsFiles client_ = certs_.MakeFor("spiffe://example.org/auth");
  std::vector<std::string> flags_;
  std::array<int, kReplicas> ports_;
  std::array<ChildProcess, kReplicas> processes_;
  std::array<std::unique_ptr<sessions::v1::SessionService::Stub>, kReplicas> stubs_;
};

}  // namespace tokenforge::systemtest
