// Generic services that ask for themselves: with callbacks and on completion queues.
#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "lib/sync/hand_over.h"
#include "tests/interceptors/awaited_log.h"
#include "tests/interceptors/checked_server.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr auto kNone = reasons::REASON_UNSPECIFIED;

// A generic service with callbacks: a proxy that answers every path with the caller's subject.
class GenericProxy final : public grpc::CallbackGenericService {
 public:
  explicit GenericProxy(Guard& guard, Manner manner) : guard_(guard), manner_(manner) {}
  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* c) override {
    return new Reactor(*this, *c);
  }
  std::atomic<int> answers = 0;

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(GenericProxy& owner, grpc::GenericCallbackServerContext& context) {
      sync::HandOver(this);
      grpc::Status refusal;
      if (!MayAnswer(owner.manner_, owner.guard_, context, &refusal)) {
        Finish(refusal);
        return;
      }
      ++owner.answers;
      v1::Answer answer;
      Observe(context, v1::Ask(), &answer);
      bool own = false;
      EXPECT_TRUE(grpc::SerializationTraits<v1::Answer>::Serialize(answer, &bytes_, &own).ok());
      sync::HandOver(this);
      StartWriteAndFinish(&bytes_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnDone() override {
      sync::TakeOver(this);
      delete this;
    }

   private:
    grpc::ByteBuffer bytes_;
  };
  Guard& guard_;
  const Manner manner_;
};

GuardOptions GenericRules(GuardOptions options) {
  AccessRule admin, user, open;
  admin.any_role = {"admin"};
  user.access = AccessRule::Access::kAuthenticated;
  open.access = AccessRule::Access::kPublic;
  options.generic_checks = true;
  options.rules = {{"shop.Orders", user}, {"shop.Orders/Purge", admin}, {"shop.Menu/List", open}};
  return options;
}

class GenericServer {
 public:
  explicit GenericServer(Manner manner, GuardOptions (*change)(GuardOptions) = &GenericRules)
      : parts_(change), proxy_(parts_.guard_, manner) {
    parts_.builder_.RegisterCallbackGenericService(&proxy_);
    parts_.Start();
  }
  ~GenericServer() { parts_.server_->Shutdown(); }
  errors::Reason Say(const std::string& path, const Metadata& metadata = {}) {
    return parts_.Call(path, metadata).reason();
  }
  Checked parts_;
  GenericProxy proxy_;
};

TEST(CheckGeneric, DecidesByTheRulesOfTheOptions) {
  GenericServer server(Manner::kAsks);
  const Metadata ada = server.parts_.Ada(), admin = server.parts_.Admin();
  EXPECT_EQ(server.Say("/shop.Orders/Place"), reasons::TOKEN_MISSING);
  EXPECT_EQ(server.Say("/shop.Orders/Place", ada), kNone);
  EXPECT_EQ(server.Say("/shop.Orders/Purge", ada), reasons::ROLE_REQUIRED);
  EXPECT_EQ(server.Say("/shop.Orders/Purge", admin), kNone);
  EXPECT_EQ(server.Say("/shop.Menu/List"), kNone);
  EXPECT_EQ(server.proxy_.answers, 3);
}

TEST(CheckGeneric, RefusesWhatNoRuleNames) {
  GenericServer server(Manner::kAsks);
  const Metadata admin = server.parts_.Admin();
  for (const char* const path : {"/shop.Menu/Add", "/shop.Other/List", "/shop.menu/List",
                                 "/shop.Orders/Place/More", "/shop.Orders/", "//shop.Menu/List"}) {
    const Outcome outcome = server.parts_.Call(path, admin);
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << path;
  }
  EXPECT_EQ(server.proxy_.answers, 0);
  EXPECT_THAT(MetricsText(), ::testing::Not(HasSubstr("shop.Other")));
}

TEST(CheckGeneric, EndsCallsThatAreAnsweredWithoutAsking) {
  GenericServer server(Manner::kForgets);
  const Outcome outcome = server.parts_.Call("/shop.Menu/List");
  EXPECT_FALSE(outcome.status.ok());
  EXPECT_TRUE(outcome.answers.empty());
  EXPECT_EQ(server.proxy_.answers, 1);
}

TEST(CheckGeneric, AStarIsForEverythingElse) {
  GenericServer server(Manner::kAsks, [](GuardOptions options) {
    options = GenericRules(std::move(options));
    options.rules["*"] = options.rules["shop.Orders/Purge"];
    return options;
  });
  EXPECT_EQ(server.Say("/any.Thing/AtAll", server.parts_.Ada()), reasons::ROLE_REQUIRED);
  EXPECT_EQ(server.Say("/any.Thing/AtAll", server.parts_.Admin()), kNone);
  EXPECT_EQ(server.Say("/shop.Orders/Place", server.parts_.Ada()), kNone);
}

// A policy file for the generic server below, in one move.
void WritePolicy(const std::string& path, const std::string& rules) {
  std::ofstream(path + ".new") << "{\"rules\": {" << rules << "}}";
  std::filesystem::rename(path + ".new", path);
}

const std::string& PolicyPath() {
  static const std::string path =
      ::testing::TempDir() + "/tokenforge-generic-" + std::to_string(getpid()) + ".json";
  return path;
}

TEST(CheckGeneric, APolicyFileBringsAndTakesRules) {
  AwaitedLog log;
  WritePolicy(PolicyPath(), R"("shop.Tables/List": {"access": "PUBLIC"})");
  GenericServer server(Manner::kAsks, [](GuardOptions options) {
    options = GenericRules(std::move(options));
    options.policy_file = PolicyPath();
    return options;
  });
  EXPECT_EQ(server.Say("/shop.Tables/List"), kNone);
  EXPECT_EQ(server.Say("/shop.Tables/Book"), reasons::NOT_BUILT);
  WritePolicy(PolicyPath(), R"("shop.Orders": {"any_role": ["admin"]})");
  EXPECT_NE(log.Await({"no longer overrides", "shop.Tables/List"}), "");
  EXPECT_EQ(server.Say("/shop.Tables/List"), reasons::NOT_BUILT);
  EXPECT_EQ(server.Say("/shop.Orders/Place", server.parts_.Ada()), reasons::ROLE_REQUIRED);
  WritePolicy(PolicyPath(), R"("shop.Tables/List": {"access": "AUTHENTICATED"})");
  EXPECT_NE(log.Await({"no longer overrides", "shop.Orders"}), "");
  EXPECT_EQ(server.Say("/shop.Tables/List"), reasons::TOKEN_MISSING);
  EXPECT_EQ(server.Say("/shop.Orders/Place", server.parts_.Ada()), kNone);
  std::filesystem::remove(PolicyPath());
}

// One call of an AsyncGenericService.
TEST(CheckGeneric, WorksOnCompletionQueues) {
  Checked parts(&GenericRules);
  grpc::AsyncGenericService generic;
  parts.builder_.RegisterAsyncGenericService(&generic);
  const auto queue = parts.builder_.AddCompletionQueue();
  parts.Start();
  grpc::Status decision;
  std::string method, subject;
  std::thread serving([&] {
    for (int i = 0; i < 2; ++i) {
      grpc::GenericServerContext context;
      grpc::GenericServerAsyncReaderWriter stream(&context);
      void* tag = nullptr;
      bool ok = false;
      generic.RequestCall(&context, &stream, queue.get(), queue.get(), &context);
      if (!queue->Next(&tag, &ok) || !ok) return;
      decision = parts.guard_.Check(context);
      method = context.method();
      subject = CallerOf(context).subject();
      stream.Finish(decision, &stream);
      queue->Next(&tag, &ok);
    }
  });
  EXPECT_EQ(parts.Call("/shop.Orders/Place").reason(), reasons::TOKEN_MISSING);
  parts.Call("/shop.Orders/Place", parts.Ada());
  serving.join();
  EXPECT_TRUE(decision.ok());
  EXPECT_EQ(method, "/shop.Orders/Place");
  EXPECT_EQ(subject, "ada");
  parts.server_->Shutdown();
  queue->Shutdown();
  void* tag = nullptr;
  for (bool ok = false; queue->Next(&tag, &ok);) {
  }
}

std::string StartMessage(GuardOptions options, grpc::CallbackGenericService* generic) {
  v1::Calls::Service calls;
  Guard guard(std::move(options));
  guard.Protect<v1::Calls>(&calls);
  grpc::ServerBuilder builder;
  if (generic != nullptr) builder.RegisterCallbackGenericService(generic);
  const auto server = guard.Start(builder);
  return server.ok() ? "" : std::string(server.status().message());
}

TEST(CheckGeneric, DoesNotStartUnlessTheTeamSaysThatItChecks) {
  const clock::SystemClock clock;
  const Tokens tokens(clock);
  grpc::CallbackGenericService generic;
  EXPECT_THAT(StartMessage(TokenOptions(tokens), &generic), HasSubstr("generic_checks"));
  GuardOptions options = TokenOptions(tokens);
  options.generic_checks = true;
  EXPECT_EQ(StartMessage(options, &generic), "");
}

TEST(CheckGeneric, RulesThatAreNobodysDoNotStart) {
  const clock::SystemClock clock;
  const Tokens tokens(clock);
  GuardOptions options = TokenOptions(tokens);
  AccessRule open;
  open.access = AccessRule::Access::kPublic;
  options.rules = {{"shop.Menu", open}, {"tokenforge.testing.v1.Calls/Unary", open}, {"x.Y/Z", {}}};
  EXPECT_THAT(StartMessage(options, nullptr),
              AllOf(HasSubstr("rules[shop.Menu]: names no method of a protected service"),
                    HasSubstr("rules[tokenforge.testing.v1.Calls/Unary]: names no method of its"),
                    HasSubstr("rules[x.Y/Z]: the rule is empty")));
}

}  // namespace
}  // namespace tokenforge::testing
