// FleetClient: the calls of a drill, to façades and guarded servers with several replicas, as one
// client configuration makes them.
//
// Unlike a test's client it waits for nobody: a call fails as it would fail for a team that has set
// its channel up like this. Every call is counted. Thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "tests/drills/tally.h"
#include "tests/system/suite.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::drills {

// Who refused, and why, when a call had an answer: empty for OK.
template <class Response>
struct Answer {
  std::optional<Response> response;
  std::string fault;  // NameOf the status
  explicit operator bool() const { return response.has_value(); }
  const Response* operator->() const { return &*response; }
};

class FleetClient {
 public:
  enum class Configuration {
    kShipped,  // tokenforge/client.h
    kPlain,    // what gRPC does when nobody says anything: pick_first, no health, no retries
  };
  FleetClient(const systemtest::Suite& suite, Configuration configuration, Tally* tally);

  Answer<auth::v1::RegisterResponse> Register(const std::string& email) const;
  Answer<auth::v1::LoginResponse> Login(const std::string& email) const;
  Answer<auth::v1::RefreshResponse> Refresh(const std::string& refresh_token) const;
  Answer<auth::v1::WhoAmIResponse> WhoAmI(const std::string& access_token) const;
  // One that finds its session ended already is the repetition of one that worked.
  Answer<auth::v1::LogoutResponse> Logout(const std::string& access_token) const;
  // WhoAmI of a guarded server: no service of the suite takes part.
  Answer<auth::v1::WhoAmIResponse> Guarded(const std::string& access_token) const;

 private:
  Tally& tally_;
  std::unique_ptr<auth::v1::AuthService::Stub> facade_;
  std::unique_ptr<auth::v1::AuthService::Stub> guarded_;
};

}  // namespace tokenforge::drills
