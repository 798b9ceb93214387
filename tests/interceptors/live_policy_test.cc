// A policy file under a running server: what it changes, when, and what the log says about it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/interceptors/awaited_log.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kCalls[] = "tokenforge.testing.v1.Calls";
constexpr auto kNone = reasons::REASON_UNSPECIFIED;

class LivePolicyFile : public ::testing::TestWithParam<Api> {
 protected:
  LivePolicyFile() {
    char pattern[] = "/tmp/tokenforge-policy-XXXXXX";
    folder_ = mkdtemp(pattern);
  }
  ~LivePolicyFile() override { std::filesystem::remove_all(folder_); }

  std::string Path() const { return folder_ / "policy.json"; }

  // In one move, as configuration management does.
  void Write(const std::string& text) {
    std::ofstream(folder_ / "new") << text;
    std::filesystem::rename(folder_ / "new", Path());
  }
  static std::string Rules(const std::string& method, const std::string& rule) {
    return "{\"rules\": {\"" + std::string(kCalls) + method + "\": " + rule + "}}";
  }
  void Start() {
    GuardOptions options;
    options.policy_file = Path();
    server_.emplace(GetParam(), Transport::kMtls, std::move(options));
  }
  errors::Reason Say(const std::string& method, const Metadata& metadata = {}) {
    return server_->Call(method, metadata).reason();
  }
  Metadata Ada() { return Bearer(server_->tokens().Make()); }

  std::filesystem::path folder_;
  AwaitedLog log_;
  std::optional<GuardedServer> server_;
};

INSTANTIATE_TEST_SUITE_P(Apis, LivePolicyFile, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& param) {
                           return param.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(LivePolicyFile, IsInForceFromTheStartAndLogged) {
  Write(Rules("/Unary", R"({"any_role": ["admin"]})"));
  Start();
  EXPECT_NE(log_.Await({"the policy file overrides a rule", "Calls/Unary",
                        R"("declared":"AUTHENTICATED")", "any_role: admin", R"("level":"info")"}),
            "");
  EXPECT_EQ(Say("Unary", Ada()), reasons::ROLE_REQUIRED);
  EXPECT_EQ(Say("Unary", Bearer(server_->tokens().WithRoles({"admin"}))), kNone);
}

TEST_P(LivePolicyFile, ChangesRulesOfTheRunningServerThereAndBack) {
  Write(R"({"rules": {}})");
  Start();
  EXPECT_EQ(Say("Unary"), reasons::TOKEN_MISSING);
  Write(Rules("/Unary", R"({"access": "PUBLIC", "loosens_because": "an incident"})"));
  EXPECT_NE(log_.Await({"overrides a rule", "Calls/Unary", "no token is needed any more",
                        R"("because":"an incident")", R"("level":"warning")"}),
            "");
  EXPECT_EQ(Say("Unary"), kNone);
  Write(R"({"rules": {}})");
  EXPECT_NE(log_.Await({"no longer overrides a rule", "Calls/Unary"}), "");
  EXPECT_EQ(Say("Unary"), reasons::TOKEN_MISSING);
}

TEST_P(LivePolicyFile, KeepsTheLastGoodRulesWhileTheFileHasFaults) {
  Write(Rules("/Unary", R"({"any_role": ["admin"]})"));
  Start();
  const std::vector<std::pair<std::string, std::vector<std::string>>> bad = {
      {"{", {"line 1"}},
      {Rules("/Unary", R"({"access": "PUBLIC"})"), {"loosens_because"}},
      {Rules("/Gone", R"({"access": "PUBLIC", "colour": 1})"), {"colour", "names no method"}},
      {Rules("/Unary", R"({"audience": "brand-new"})"), {"brand-new", "restart"}},
      {Rules("/Unary", R"({"any_role": ["admin"], "peers": ["spiffe://X"]})"), {"spiffe://X"}}};
  for (const auto& [text, words] : bad) {
    Write(text);
    for (const std::string& word : words) {
      EXPECT_NE(log_.Await({"the last good rules stay", word}), "") << text << word;
    }
    EXPECT_EQ(Say("Unary", Ada()), reasons::ROLE_REQUIRED) << text;
  }
  std::filesystem::remove(Path());
  EXPECT_NE(log_.Await({"the last good rules stay", "is no regular file"}), "");
  EXPECT_EQ(Say("Unary", Ada()), reasons::ROLE_REQUIRED);
  Write(Rules("/Unary", R"({"any_role": ["staff"]})"));
  EXPECT_NE(log_.Await({"the policy file is in force"}), "");
  EXPECT_EQ(Say("Unary", Bearer(server_->tokens().WithRoles({"staff"}))), kNone);
}

TEST_P(LivePolicyFile, BoundsTheAgeOfKnowledgeForOneMethod) {
  Write(Rules("/Unary", R"({"access": "AUTHENTICATED", "max_stale_seconds": 600})"));
  Start();
  const auto token = [this] {
    return Bearer(server_->tokens().Make(
        [](jose::AccessTokenClaims& claims) { claims.expire_time += std::chrono::hours(2); }));
  }();
  server_->clock().Advance(std::chrono::seconds(600));
  EXPECT_EQ(Say("Unary", token), kNone);
  server_->clock().Advance(std::chrono::seconds(1));
  EXPECT_EQ(Say("Unary", token), reasons::TRUST_STALE);
  EXPECT_EQ(Say("Scoped", token), reasons::SCOPE_REQUIRED) << "the others have the guard's bound";
}

TEST_P(LivePolicyFile, NeverDecidesByHalfARuleWhileItChanges) {
  // Each rule refuses ada for another reason; nothing else may ever be seen.
  const std::string one = Rules("/Unary", R"({"any_role": ["admin"]})");
  const std::string two = Rules("/Unary", R"({"all_scopes": ["write"]})");
  Write(one);
  Start();
  const Metadata ada = Ada();
  std::atomic<bool> done = false;
  std::set<errors::Reason> seen;
  std::atomic<int> calls = 0;
  std::thread caller([&] {
    for (; !done; ++calls) seen.insert(Say("Unary", ada));
  });
  for (int i = 0; i < 2; ++i) {
    Write(i % 2 == 0 ? two : one);
    EXPECT_NE(log_.Await({"the policy file is in force"}), "");
    // The one that is under way, and one that begins now.
    for (const int two_more = calls + 2; calls < two_more;) std::this_thread::yield();
  }
  done = true;
  caller.join();
  EXPECT_EQ(seen, (std::set<errors::Reason>{reasons::ROLE_REQUIRED, reasons::SCOPE_REQUIRED}));
}

TEST(PolicyFileAtStart, SaysEverythingThatIsWrongWithItBesidesAllElse) {
  SyncCalls service;
  GuardOptions options;
  options.policy_file = "/nonexistent/policy.json";
  Guard guard(options);
  guard.Protect<v1::Calls>(&service);
  grpc::ServerBuilder builder;
  const auto server = guard.Start(builder);
  ASSERT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()),
              AllOf(HasSubstr("policy_file"), HasSubstr("no regular file"), HasSubstr("issuer")));
}

}  // namespace
}  // namespace tokenforge::testing
