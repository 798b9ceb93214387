// What a server may serve without a rule: health and reflection, unless its team says otherwise;
// and protos of others, whose rules stand in the options.
#include <gmock/gmock.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/server_builder_plugin.h>
#include <gtest/gtest.h>

#include "lib/rpc/health.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PingService final : public v1::Ping::Service {};

// A plug-in that says that it brings services while the switch is on; gRPC keeps plug-ins for good.
bool brings_services = false;
class Bringer final : public grpc::ServerBuilderPlugin {
 public:
  std::string name() override { return "bringer"; }
  void InitServer(grpc::ServerInitializer*) override {}
  void Finish(grpc::ServerInitializer*) override {}
  void ChangeArguments(const std::string&, void*) override {}
  bool has_sync_methods() const override { return brings_services; }
};

class OpenServices : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::ServerBuilder::InternalAddPluginFactory(
        []() -> std::unique_ptr<grpc::ServerBuilderPlugin> { return std::make_unique<Bringer>(); });
  }
  // What Start says about a server of Ping, with a health service registered at the builder.
  static std::string Say(GuardOptions options, rpc::Health* health) {
    PingService ping;
    Guard guard(std::move(options));
    guard.Protect<v1::Ping>(&ping);
    grpc::ServerBuilder builder;
    if (health != nullptr) builder.RegisterService(health->service());
    const auto server = guard.Start(builder);
    return server.ok() ? "" : std::string(server.status().message());
  }
};

TEST_F(OpenServices, HealthAndReflectionAreOpenUnlessClosed) {
  rpc::Health health;
  EXPECT_EQ(Say({}, &health), "");
  GuardOptions options;
  options.open_health = false;
  EXPECT_THAT(Say(options, &health),
              AllOf(HasSubstr("grpc.health.v1.Health"), HasSubstr("past the guard")));
  EXPECT_EQ(Say(options, nullptr), "");
  options = {};
  options.open_reflection = false;
  EXPECT_THAT(Say(options, nullptr), HasSubstr("proto_server_reflection"));
  options.allow_unguarded = true;
  EXPECT_EQ(Say(options, &health), "");
}

TEST_F(OpenServices, GrpcsOwnHealthServiceIsSeenToo) {
  grpc::EnableDefaultHealthCheckService(true);
  GuardOptions options;
  EXPECT_EQ(Say(options, nullptr), "");
  options.open_health = false;
  EXPECT_THAT(Say(options, nullptr), HasSubstr("served by gRPC itself"));
  grpc::EnableDefaultHealthCheckService(false);
  EXPECT_EQ(Say(options, nullptr), "");
}

TEST_F(OpenServices, PlugInsThatBringServicesAreNotOverlooked) {
  brings_services = true;
  EXPECT_THAT(Say({}, nullptr), AllOf(HasSubstr("bringer"), HasSubstr("plug-in")));
  brings_services = false;
  EXPECT_EQ(Say({}, nullptr), "");
}

// A service whose proto has no rules, under those of the options.
class ForeignService final : public v1::Foreign::Service {
  grpc::Status Read(grpc::ServerContext*, const v1::Ask*, v1::Answer*) override {
    return grpc::Status::OK;
  }
};

TEST(ForeignProtos, GetTheirRulesFromTheOptions) {
  const clock::SystemClock clock;
  const Tokens tokens(clock);
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = std::make_shared<Trust>();
  ASSERT_TRUE(options.trust->PublishKeys(tokens.Jwks()).ok());
  AccessRule admin;
  admin.any_role = {"admin"};
  options.rules["tokenforge.testing.v1.Foreign"] = admin;
  options.rules["tokenforge.testing.v1.Foreign/Read"].access = AccessRule::Access::kPublic;
  ForeignService foreign;
  Guard guard(std::move(options));
  guard.Protect<v1::Foreign>(&foreign);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  const std::string path = "/tokenforge.testing.v1.Foreign/";
  EXPECT_TRUE(CallRaw(channel, path + "Read", {}, "").status.ok());
  EXPECT_EQ(CallRaw(channel, path + "Write", Bearer(tokens.Make()), "").reason(),
            reasons::ROLE_REQUIRED);
  EXPECT_EQ(CallRaw(channel, path + "Write", Bearer(tokens.WithRoles({"admin"})), "").reason(),
            reasons::NOT_BUILT);
}

TEST(ForeignProtos, DoNotStartWithoutThem) {
  ForeignService foreign;
  Guard guard({});
  guard.Protect<v1::Foreign>(&foreign);
  grpc::ServerBuilder builder;
  const auto server = guard.Start(builder);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()),
              AllOf(HasSubstr("Foreign/Read: has no rule"), HasSubstr("Foreign/Write: has no")));
}

}  // namespace
}  // namespace tokenforge::testing
