// LimitedSuite: a suite with the rate limits as they ship, and somebody who calls it through a
// gateway, from any address they like. As a fixture.
//
// The development identity `example` is the gateway here. Used from one thread.
#pragma once

#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {

using Headers = std::map<std::string, std::string>;

// What a caller is told.
struct Told {
  absl::Status status;
  Headers limits;  // the trailing metadata ratelimit-…

  std::string reason() const { return ReasonName(status); }
  std::chrono::milliseconds retry_after() const;  // negative: there is none
  // Everything but how long to wait, which differs from one moment to the next.
  std::string all() const;
};

// One login under way; without an address as the gateway itself.
struct LoginCall {
  grpc::ClientContext context;
  auth::v1::LoginRequest request;
  auth::v1::LoginResponse response;

  LoginCall(const std::string& email, const std::string& password, const std::string& from);
};

class LimitedSuite : public testing::Test {
 protected:
  explicit LimitedSuite(const std::vector<std::string>& sessions_flags = {});

  // From now on all calls come from this identity, with the same headers.
  void CallAs(const std::string& identity);

  std::string AnAddress();  // one that nobody has called from
  // The email of a new account, registered from an address of its own; `tokens_` are its tokens.
  std::string Registered();
  Told Register(const std::string& email, const std::string& from);
  Told Login(const std::string& email, const std::string& password, const std::string& from);
  // With tokens_, and if it goes well the new ones are kept there.
  Told Refresh();
  // Logs in from new addresses, waiting as RetryInfo says, until the answer is another than this.
  Told LoginPast(const std::string& reason, const std::string& email, const std::string& password);
  // How many passwords the users service was asked to compare.
  int Compared() const;

  Suite suite_;
  std::unique_ptr<auth::v1::AuthService::Stub> gateway_;
  auth::v1::Tokens tokens_;

 private:
  int addresses_ = 0;
};

}  // namespace tokenforge::systemtest
