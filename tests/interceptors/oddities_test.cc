// The corners of gRPC's server API: mixed services, raw callback methods, message allocators,
// foreign interceptors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "lib/sync/hand_over.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;

// A guarded server of one service that a test made.
template <class Service>
class Hosted {
 public:
  explicit Hosted(Service* service) : tokens_(clock_), guard_(Options()) {
    guard_.Protect<v1::Calls>(service);
  }
  ~Hosted() {
    if (server_) server_->Shutdown();
  }
  void Start() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    auto server = guard_.Start(builder);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  Outcome Call(const std::string& method, const Metadata& metadata) {
    v1::Ask ask;
    ask.set_text("hello");
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                                             grpc::InsecureChannelCredentials());
    return CallRaw(channel, "/tokenforge.testing.v1.Calls/" + method, metadata,
                   ask.SerializeAsString());
  }
  Metadata Good() { return Bearer(tokens_.Make()); }
  Guard& guard() { return guard_; }

 private:
  GuardOptions Options() {
    GuardOptions options;
    options.issuer = kIssuer;
    options.audiences = {kAudience};
    options.trust = std::make_shared<Trust>();
    EXPECT_TRUE(options.trust->PublishKeys(tokens_.Jwks()).ok());
    options.trust_domain = "example.org";
    return options;
  }
  clock::SystemClock clock_;
  Tokens tokens_;
  Guard guard_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// Unary is synchronous, Admin is a callback method.
class Mixed final : public v1::Calls::WithCallbackMethod_Admin<v1::Calls::Service> {
  grpc::Status Unary(grpc::ServerContext* c, const v1::Ask* ask, v1::Answer* answer) override {
    Observe(*c, *ask, answer);
    return grpc::Status::OK;
  }
  grpc::ServerUnaryReactor* Admin(grpc::CallbackServerContext* c, const v1::Ask* ask,
                                  v1::Answer* answer) override {
    Observe(*c, *ask, answer);
    auto* reactor = c->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

TEST(Oddities, AServiceMayMixSynchronousAndCallbackMethods) {
  Mixed mixed;
  Hosted<Mixed> hosted(&mixed);
  hosted.Start();
  EXPECT_EQ(hosted.Call("Unary", hosted.Good()).answers.at(0).subject(), "ada");
  EXPECT_EQ(hosted.Call("Unary", {}).reason(), reasons::TOKEN_MISSING);
  EXPECT_EQ(hosted.Call("Admin", hosted.Good()).reason(), reasons::ROLE_REQUIRED);
  EXPECT_EQ(hosted.Call("Admin", {}).reason(), reasons::TOKEN_MISSING);
}

class Raw final : public v1::Calls::WithRawCallbackMethod_Unary<v1::Calls::Service> {
 public:
  std::atomic<int> runs = 0;

 private:
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* c, const grpc::ByteBuffer* ask,
                                  grpc::ByteBuffer* answer) override {
    ++runs;
    *answer = *ask;
    auto* reactor = c->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

TEST(Oddities, RawCallbackMethodsAreGuardedLikeOthers) {
  Raw raw;
  Hosted<Raw> hosted(&raw);
  hosted.Start();
  EXPECT_EQ(hosted.Call("Unary", {}).reason(), reasons::TOKEN_MISSING);
  EXPECT_EQ(raw.runs, 0);
  EXPECT_EQ(hosted.Call("Unary", hosted.Good()).answers.at(0).text(), "hello");
  EXPECT_EQ(raw.runs, 1);
}

class Allocator final : public grpc::MessageAllocator<v1::Ask, v1::Answer> {
 public:
  std::atomic<int> made = 0, released = 0;

  grpc::MessageHolder<v1::Ask, v1::Answer>* AllocateMessages() override {
    ++made;
    return new Holder(*this);
  }

 private:
  class Holder final : public grpc::MessageHolder<v1::Ask, v1::Answer> {
   public:
    explicit Holder(Allocator& owner) : owner_(owner) {
      set_request(&ask_);
      set_response(&answer_);
    }
    void Release() override {
      ++owner_.released;
      delete this;
    }

   private:
    Allocator& owner_;
    v1::Ask ask_;
    v1::Answer answer_;
  };
};

TEST(Oddities, MessageAllocatorsWorkAndAllocateNothingForRefusedCalls) {
  Allocator allocator;
  CallbackCalls service;
  service.SetMessageAllocatorFor_Unary(&allocator);
  {
    Hosted<CallbackCalls> hosted(&service);
    hosted.Start();
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(hosted.Call("Unary", {}).reason(), reasons::TOKEN_MISSING);
    }
    EXPECT_EQ(allocator.made, 0);
    EXPECT_TRUE(hosted.Call("Unary", hosted.Good()).status.ok());
  }
  EXPECT_EQ(allocator.made, 1);
  EXPECT_EQ(allocator.released, 1);
}

// Another team's interceptor, which looks at requests and asks who calls.
class Curious final : public grpc::experimental::Interceptor {
 public:
  struct Seen {
    std::atomic<int> requests = 0, callers = 0, statuses = 0;
  };
  Curious(Seen& seen, grpc::ServerContextBase* context) : seen_(seen), context_(context) {
    sync::HandOver(this);
  }
  ~Curious() override { sync::TakeOver(this); }
  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    sync::TakeOver(this);
    using Hook = grpc::experimental::InterceptionHookPoints;
    if (batch->QueryInterceptionHookPoint(Hook::POST_RECV_MESSAGE)) {
      const auto* ask = static_cast<v1::Ask*>(batch->GetRecvMessage());
      if (ask != nullptr && ask->text() == "hello") ++seen_.requests;
      if (CallerOf(*context_).authenticated()) ++seen_.callers;
    }
    if (batch->QueryInterceptionHookPoint(Hook::PRE_SEND_STATUS)) ++seen_.statuses;
    sync::HandOver(this);
    batch->Proceed();
  }

 private:
  Seen& seen_;
  grpc::ServerContextBase* const context_;
};

class CuriousFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CuriousFactory(Curious::Seen& seen) : seen_(seen) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return new Curious(seen_, info->server_context());
  }

 private:
  Curious::Seen& seen_;
};

template <class Service>
void ExpectForeignInterceptorSeesAdmittedRequestsOnly() {
  Curious::Seen seen;
  Service service;
  Hosted<Service> hosted(&service);
  hosted.guard().AddInterceptor(std::make_unique<CuriousFactory>(seen));
  hosted.Start();
  EXPECT_EQ(hosted.Call("Unary", {}).reason(), reasons::TOKEN_MISSING);
  EXPECT_EQ(seen.requests, 0);
  EXPECT_EQ(seen.callers, 0);
  EXPECT_TRUE(hosted.Call("Unary", hosted.Good()).status.ok());
  EXPECT_EQ(seen.requests, 1);
  EXPECT_EQ(seen.callers, 1);
  EXPECT_EQ(seen.statuses, 2);
}

TEST(Oddities, InterceptorsOfOthersSeeAdmittedRequestsOnly) {
  ExpectForeignInterceptorSeesAdmittedRequestsOnly<SyncCalls>();
  ExpectForeignInterceptorSeesAdmittedRequestsOnly<CallbackCalls>();
}

}  // namespace
}  // namespace tokenforge::testing
