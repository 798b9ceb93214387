// What a guard refuses to start with, and that it says everything at once.
#include <gmock/gmock.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <gtest/gtest.h>

#include "lib/rpc/health.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class PingService final : public v1::Ping::Service {};

class StreamedUnary final : public v1::Calls::WithStreamedUnaryMethod_Open<v1::Calls::Service> {
  grpc::Status StreamedOpen(grpc::ServerContext*,
                            grpc::ServerUnaryStreamer<v1::Ask, v1::Answer>*) override {
    return grpc::Status::OK;
  }
};

GuardOptions TokenOptions() {
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = std::make_shared<Trust>();
  options.trust_domain = "example.org";
  return options;
}

// What Start says about a service: its faults, by field.
template <class Generated, class Service>
std::vector<std::string> FaultsOf(GuardOptions options, Service* service) {
  Guard guard(std::move(options));
  guard.template Protect<Generated>(service);
  grpc::ServerBuilder builder;
  const auto server = guard.Start(builder);
  EXPECT_EQ(server.ok() ? absl::StatusCode::kOk : server.status().code(),
            absl::StatusCode::kInvalidArgument);
  std::vector<std::string> fields;
  for (const errors::FieldFault& fault : errors::FaultsOf(server.status())) {
    fields.push_back(fault.field + ": " + fault.description);
  }
  return fields;
}

TEST(GuardStart, NamesEveryFaultyRuleAtOnce) {
  v1::Faulty::Service service;
  const std::vector<std::string> faults = FaultsOf<v1::Faulty>(TokenOptions(), &service);
  const std::string prefix = "tokenforge.testing.v1.Faulty/";
  EXPECT_THAT(faults,
              ::testing::UnorderedElementsAre(
                  HasSubstr(prefix + "NoRule: has no rule"),
                  HasSubstr(prefix + "EmptyRule: the rule is empty"),
                  HasSubstr(prefix + "PublicAdmin: PUBLIC contradicts"),
                  HasSubstr(prefix + "BadPeer: peers: \"spiffe://Example.org/web\""),
                  HasSubstr(prefix + "FreshPeer: fresh"), HasSubstr(prefix + "EmptyRole: any_role"),
                  HasSubstr(prefix + "SpacedScope: all_scopes"),
                  HasSubstr(prefix + "Unknown: the rule's access")));
}

TEST(GuardStart, NamesEveryMissingOptionAtOnce) {
  SyncCalls service;
  const std::vector<std::string> faults = FaultsOf<v1::Calls>(GuardOptions(), &service);
  EXPECT_THAT(faults,
              IsSupersetOf({HasSubstr("issuer: "), HasSubstr("audiences: "),
                            HasSubstr("one of them is needed"), HasSubstr("\"/web\" is a path"),
                            HasSubstr("\"/jobs/*\" is a path")}));
}

TEST(GuardStart, AnEmptyAudienceIsNotAnyAudience) {
  SyncCalls service;
  GuardOptions options = TokenOptions();
  options.audiences = {"tokenforge", ""};
  EXPECT_THAT(FaultsOf<v1::Calls>(options, &service), ElementsAre(HasSubstr("audiences: ")));
}

TEST(GuardStart, RefusesTwoSourcesAndBadFiles) {
  SyncCalls service;
  GuardOptions options = TokenOptions();
  options.jwks_file = "/nonexistent/jwks.json";
  EXPECT_THAT(FaultsOf<v1::Calls>(options, &service), ElementsAre(HasSubstr("are alternatives")));
  options.trust = nullptr;
  EXPECT_THAT(FaultsOf<v1::Calls>(options, &service),
              ElementsAre(HasSubstr("/nonexistent/jwks.json: cannot be read")));
  options.jwks_file.clear();
  options.facade_address = "127.0.0.1:1";
  EXPECT_THAT(FaultsOf<v1::Calls>(options, &service), ElementsAre(HasSubstr("tls: ")));
}

TEST(GuardStart, RefusesCompletionQueueMethods) {
  v1::Calls::WithAsyncMethod_Unary<v1::Calls::WithRawMethod_Open<v1::Calls::Service>> service;
  EXPECT_THAT(FaultsOf<v1::Calls>(TokenOptions(), &service),
              ElementsAre(AllOf(HasSubstr("Calls/Unary"), HasSubstr("completion queue")),
                          AllOf(HasSubstr("Calls/Open"), HasSubstr("completion queue"))));
}

TEST(GuardStart, RefusesGenericAndStreamedUnaryMethods) {
  v1::Calls::WithGenericMethod_Admin<v1::Calls::Service> generic;
  EXPECT_THAT(FaultsOf<v1::Calls>(TokenOptions(), &generic),
              ElementsAre(AllOf(HasSubstr("Calls/Admin"), HasSubstr("generic"))));
  StreamedUnary streamed;
  EXPECT_THAT(FaultsOf<v1::Calls>(TokenOptions(), &streamed),
              ElementsAre(AllOf(HasSubstr("Calls/Open"), HasSubstr("another kind"))));
}

TEST(GuardStart, RefusesServicesThatWereRegisteredPastIt) {
  PingService ping;
  Guard guard({});
  guard.Protect<v1::Ping>(&ping);
  v1::Calls::Service calls;
  grpc::ServerBuilder builder;
  builder.RegisterService(&calls);
  const auto server = guard.Start(builder);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()),
              AllOf(HasSubstr("tokenforge.testing.v1.Calls"), HasSubstr("past the guard")));
}

TEST(GuardStart, AcceptsThemWhenTold) {
  PingService ping;
  GuardOptions options;
  options.allow_unguarded = true;
  Guard guard(std::move(options));
  guard.Protect<v1::Ping>(&ping);
  v1::Calls::Service calls;
  grpc::ServerBuilder builder;
  builder.RegisterService(&calls);
  EXPECT_TRUE(guard.Start(builder).ok());
}

TEST(GuardStart, HealthAndReflectionAreOpenOnPurpose) {
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  PingService ping;
  rpc::Health health;
  Guard guard({});
  guard.Protect<v1::Ping>(&ping);
  grpc::ServerBuilder builder;
  builder.RegisterService(health.service());
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  EXPECT_TRUE(CallRaw(channel, "/grpc.health.v1.Health/Check", {}, "").status.ok());
}

TEST(GuardStart, NeedsNoSourceWhenNoRuleNeedsAToken) {
  PingService ping;
  Guard guard({});
  EXPECT_FALSE(guard.Ready()) << "not started";
  guard.Protect<v1::Ping>(&ping);
  grpc::ServerBuilder builder;
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_TRUE(guard.Ready());
  EXPECT_EQ(errors::ReasonOf(guard.VerifyToken("x").status()), errors::reasons::TRUST_STALE);
  EXPECT_FALSE(guard.Start(builder).ok()) << "one guard, one server";
}

TEST(GuardStart, WithoutKeysIsNotReadyAndRefusesEveryToken) {
  SyncCalls service;
  GuardOptions options = TokenOptions();
  const std::shared_ptr<Trust> trust = options.trust;
  Guard guard(std::move(options));
  guard.Protect<v1::Calls>(&service);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  const clock::SystemClock clock;
  const Tokens tokens(clock);
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  EXPECT_FALSE(guard.Ready());
  EXPECT_FALSE(guard.WaitUntilReady(std::chrono::milliseconds(1)));
  EXPECT_EQ(CallOn(channel, Kind::kUnary, Bearer(tokens.Make()), "").reason(),
            errors::reasons::TRUST_STALE);
  EXPECT_EQ(CallOn(channel, Kind::kUnary, {}, "").reason(), errors::reasons::TOKEN_MISSING);
  ASSERT_TRUE(trust->PublishKeys(tokens.Jwks()).ok());
  EXPECT_TRUE(guard.WaitUntilReady(std::chrono::seconds(1)));
  EXPECT_TRUE(guard.Ready());
  EXPECT_TRUE(CallOn(channel, Kind::kUnary, Bearer(tokens.Make()), "").status.ok());
}

TEST(GuardStart, SaysWhenAPortIsTaken) {
  PingService ping;
  Guard guard({});
  guard.Protect<v1::Ping>(&ping);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:/nonexistent/dir/socket", grpc::InsecureServerCredentials());
  const auto server = guard.Start(builder);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tokenforge::testing
