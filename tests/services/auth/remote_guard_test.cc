// A guard of another team's server and the façade, the real ones of both: over mTLS, from a logout
// to a refusal.
#include <gtest/gtest.h>

#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

class RemoteGuard : public FacadeTest {
 protected:
  RemoteGuard() {
    const rpc::TlsFiles files = FilesOf("notes");
    GuardOptions options;
    options.issuer = kIssuer;
    options.audiences = {"tokenforge"};
    options.facade_address = "127.0.0.1:" + std::to_string(port_);
    options.guard_id = "notes-1";
    options.tls = {files.cert_file, files.key_file, files.ca_file};
    remote_ = std::make_unique<Guard>(options);
    remote_->Protect<v1::AuthService>(&service_);
    grpc::ServerBuilder builder;
    auto server = remote_->Start(builder);
    if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
    remote_server_ = *std::move(server);
  }
  std::optional<errors::Reason> ReasonAt(const std::string& token) {
    return errors::ReasonOf(remote_->VerifyToken(token).status());
  }
  // Everything that the façade knows is enforced by the one guard that is connected.
  bool IsCurrent() {
    const GuardCount count = guards_.Count(hub_.Snapshot()->version());
    return count.connected == 1 && count.applied == 1;
  }

  v1::AuthService::Service service_;  // never called: it is there to have rules
  std::unique_ptr<Guard> remote_;
  std::unique_ptr<grpc::Server> remote_server_;
};

TEST_F(RemoteGuard, RefusesATokenSoonAfterItsLogout) {
  ASSERT_TRUE(remote_->WaitUntilReady(std::chrono::seconds(30)));
  const v1::Tokens ada = Register("ada@example.org").tokens();
  const v1::Tokens bob = Register("bob@example.org").tokens();
  EXPECT_EQ(ReasonAt(ada.access_token()), std::nullopt);
  ASSERT_TRUE(Logout(ada.access_token()).ok());
  EXPECT_TRUE(Eventually([&] { return ReasonAt(ada.access_token()) == reasons::TOKEN_REVOKED; }));
  EXPECT_EQ(ReasonAt(bob.access_token()), std::nullopt);
  EXPECT_TRUE(Eventually([&] { return IsCurrent(); }));
}

TEST_F(RemoteGuard, FollowsTheKeys) {
  ASSERT_TRUE(remote_->WaitUntilReady(std::chrono::seconds(30)));
  const std::string before = Register().tokens().access_token();
  EXPECT_EQ(ReasonAt(before), std::nullopt);
  keys_.Rotate();
  EXPECT_TRUE(Eventually([&] { return ReasonAt(before) == reasons::TOKEN_UNKNOWN_KEY; }));
  EXPECT_EQ(ReasonAt(Login().access_token()), std::nullopt);
  EXPECT_TRUE(Eventually([&] { return IsCurrent(); }));
}

}  // namespace
}  // namespace tokenforge::auth::testing
