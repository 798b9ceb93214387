// FacadeTest: the whole façade in this process, as a fixture: real gRPC over mTLS with the guard in
// front, and fakes of users, keys and sessions behind, over real gRPC too.
#pragma once

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/errors/errors.h"
#include "lib/rpc/downstream.h"
#include "lib/rpc/tls.h"
#include "services/auth/admin_service.h"
#include "services/auth/audit_queue.h"
#include "services/auth/auth_service.h"
#include "services/auth/guard_registry.h"
#include "services/auth/guard_reports.h"
#include "services/auth/trust_fan_out.h"
#include "services/auth/trust_feeds.h"
#include "services/auth/trust_hub.h"
#include "services/auth/trust_service.h"
#include "tests/services/auth/fake_keys.h"
#include "tests/services/auth/fake_sessions.h"
#include "tests/services/auth/fake_users.h"
#include "tokenforge/guard.h"

namespace tokenforge::auth::testing {

namespace reasons = errors::reasons;
inline constexpr const char* kIssuer = "http://127.0.0.1:7080";
inline constexpr std::size_t kJournalSteps = 8;  // so that a test can outrun it
inline constexpr int kManyCalls = 1000;          // failures that make no circuit open
inline constexpr const char* kPassword = "correct horse battery";

// Whether an event comes within ten seconds: for what another thread does.
bool Eventually(const std::function<bool()>& holds);

// The certificate of spiffe://example.org/NAME, made when first asked for.
rpc::TlsFiles FilesOf(const std::string& name);

// A stream has two heartbeats' time to open: a hundred at once need longer under ThreadSanitizer.
#if defined(__SANITIZE_THREAD__)
inline constexpr std::chrono::milliseconds kHeartbeat{3000};
#else
inline constexpr std::chrono::milliseconds kHeartbeat{200};
#endif

class FacadeTest : public ::testing::Test {
 protected:
  FacadeTest();
  ~FacadeTest() override;

  // A channel to the façade as the peer /app of the trust domain; or /NAME.
  std::shared_ptr<grpc::Channel> ChannelAs(const std::string& name);

  // Calls of AuthService over mTLS as /app, with a token unless it is empty.
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (v1::AuthService::Stub::*method)(grpc::ClientContext*,
                                                                  const Request&, Response*),
                    const Request& request, Response* response, const std::string& token = "") {
    grpc::ClientContext context;
    Prepare(context, token);
    return ((*auth_).*method)(&context, request, response);
  }
  static void Prepare(grpc::ClientContext& context, const std::string& token);

  // The audit events of a kind that the façade sent, once there are so many; fails after a while.
  std::vector<users::v1::AuditEvent> Audited(const std::string& kind, std::size_t count = 1);

  // From now on the façade hears of revocations only in the answers of its own calls.
  void SilenceFeed();

  // What must come out well.
  v1::RegisterResponse Register(const std::string& email = "ada@example.org");
  v1::Tokens Login(const std::string& email = "ada@example.org");
  grpc::Status TryLogin(const std::string& email, const std::string& password,
                        v1::LoginResponse* response = nullptr);
  grpc::Status TryRefresh(const std::string& token, v1::Tokens* tokens = nullptr);
  grpc::Status Logout(const std::string& token);
  // WhoAmI: whether the façade takes a token, and how it sees the user.
  grpc::Status WhoAmI(const std::string& token, v1::WhoAmIResponse* response = nullptr);

  FakeUsers users_;
  FakeKeys keys_{kIssuer};
  FakeSessions sessions_;
  std::shared_ptr<Trust> trust_ = std::make_shared<Trust>();
  clock::SystemClock clock_;
  TrustHub hub_{kIssuer, trust_, clock_, kJournalSteps};
  GuardRegistry guards_;
  TrustFanOut fan_out_{{.heartbeat = kHeartbeat}};
  std::unique_ptr<grpc::Server> upstream_server_;
  std::shared_ptr<grpc::Channel> channel_;
  // One for all, with a circuit that no test opens by the way (kManyCalls).
  rpc::Upstream upstream_;
  std::unique_ptr<TrustFeeds> feeds_;
  std::unique_ptr<GuardReports> reports_;
  std::unique_ptr<AuditClient> audit_client_;
  std::unique_ptr<AuditQueue> audit_;
  std::unique_ptr<Facade> facade_;
  std::unique_ptr<KeyDesk> desk_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<AuthService> auth_service_;
  std::unique_ptr<AdminService> admin_service_;
  TrustService trust_service_{{hub_, fan_out_, guards_, clock_}};
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
  std::unique_ptr<v1::AuthService::Stub> auth_;
};

// What a service says that cannot reach its store; with an address that nobody outside should see.
absl::Status Down();

// The reason that an error carries; REASON_UNSPECIFIED when it is OK or carries none.
errors::Reason ReasonOf(const grpc::Status& status);

// The claims of a token, as JSON text; nothing is verified.
std::string ClaimsJson(const std::string& token);

}  // namespace tokenforge::auth::testing
