// A guard of a server that listens to a fake façade over mTLS, for tests of the trust feed.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "lib/rpc/health.h"
#include "tests/interceptors/fake_facade.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {

class WithFacade : public ::testing::Test {
 protected:
  void TearDown() override;

  // On the same port each time.
  void StartFacade(const std::string& identity = "auth");
  void StopFacade();

  GuardOptions Options();        // without a source of keys
  GuardOptions FacadeOptions();  // of the fake façade
  // Starts a server of calls.proto behind a guard.
  void StartGuard(GuardOptions options);
  std::shared_ptr<grpc::Channel> Channel() const;
  Outcome Call(const std::string& method, const std::string& token);
  std::optional<errors::Reason> ReasonOf(const std::string& token);

  fakes::FakeClock clock_;
  Tokens tokens_{clock_};
  FakeFacade facade_;
  std::unique_ptr<rpc::Health> health_;
  int facade_port_ = 0;
  std::unique_ptr<grpc::Server> facade_server_;
  CallbackCalls service_;
  std::unique_ptr<Guard> guard_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace tokenforge::testing
