// SessionsProcess: one tokenforge-sessions over mTLS on a Redis of the test's own, where it is the
// user that the shipped ACL file has for it; and a client with the façade's certificate, which
// shows what the service itself answers: no retries, and no look at the service's health, which
// would answer for it. Everything ends with the object. One thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tests/lib/redis/redis_server.h"
#include "tests/lib/rpc/certs.h"
#include "tests/system/child_process.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::chaos {

class SessionsProcess {
 public:
  // Starts, and returns when it answers. `redis_timeout` is how long it waits for Redis in a step.
  explicit SessionsProcess(std::chrono::milliseconds redis_timeout);

  fakes::RedisServer& redis() { return redis_; }
  sessions::v1::SessionService::Stub& stub() { return *stub_; }
  bool running() { return !process_.WaitForEnd(std::chrono::milliseconds(0)); }
  std::string log() const;

 private:
  fakes::RedisServer redis_{fakes::AclUsers()};
  rpc::testing::Certs certs_;
  const rpc::TlsFiles server_ = certs_.MakeFor("spiffe://example.org/sessions");
  const rpc::TlsFiles client_ = certs_.MakeFor("spiffe://example.org/auth");
  systemtest::ChildProcess process_;
  std::unique_ptr<sessions::v1::SessionService::Stub> stub_;
};

}  // namespace tokenforge::chaos
