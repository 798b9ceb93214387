// Calls that a handler makes for the call that it serves.
#include "tokenforge/outgoing.h"

#include <gmock/gmock.h>
#include <grpcpp/test/server_context_test_spouse.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "lib/sync/hand_over.h"
#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

// Answers when it is cancelled, and not before.
class Patient final : public v1::Ping::Service {
 public:
  grpc::Status Pong(grpc::ServerContext* context, const v1::Ask*, v1::Answer*) override {
    arrived_.set_value();
    while (!context->IsCancelled()) std::this_thread::yield();
    left_.set_value(context->deadline() - std::chrono::system_clock::now());
    return grpc::Status::CANCELLED;
  }
  std::promise<void> arrived_;
  std::promise<std::chrono::system_clock::duration> left_;
};

OutgoingOptions TenMinutes() {
  OutgoingOptions options;
  options.at_most = std::chrono::minutes(10);
  return options;
}

// Hands each call on.
class Forwarder final : public v1::Ping::Service {
 public:
  explicit Forwarder(std::shared_ptr<grpc::Channel> next) : stub_(std::move(next)) {}
  grpc::Status Pong(grpc::ServerContext* context, const v1::Ask* ask, v1::Answer* answer) override {
    return stub_.Pong(MakeOutgoing(*context, TenMinutes()).get(), *ask, answer);
  }

 private:
  v1::Ping::Stub stub_;
};

// The same with callbacks.
class CallbackForwarder final : public v1::Ping::CallbackService {
 public:
  explicit CallbackForwarder(const std::shared_ptr<grpc::Channel>& next) : stub_(next) {
    // gRPC 1.51 aborts when a channel goes while its last callback is returning: it never goes.
    static auto* const kept = new std::vector<std::shared_ptr<grpc::Channel>>;
    kept->push_back(next);
  }
  grpc::ServerUnaryReactor* Pong(grpc::CallbackServerContext* context, const v1::Ask* ask,
                                 v1::Answer* answer) override {
    auto* const reactor = context->DefaultReactor();
    std::shared_ptr<grpc::ClientContext> outgoing = MakeOutgoing(*context, TenMinutes());
    stub_.async()->Pong(outgoing.get(), ask, answer, [reactor, outgoing](grpc::Status status) {
      reactor->Finish(std::move(status));
    });
    return reactor;
  }

 private:
  v1::Ping::Stub stub_;
};

// A guarded server of one Ping service.
class PingServer {
 public:
  template <class Service>
  explicit PingServer(Service* service) : guard_({}) {
    guard_.Protect<v1::Ping>(service);
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    server_ = guard_.Start(builder).value();
    channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                                   grpc::InsecureChannelCredentials());
  }
  ~PingServer() { server_->Shutdown(); }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }

 private:
  Guard guard_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

template <class Front>
void ExpectCancelledWithTheCallThatItServes() {
  Patient patient;
  PingServer behind(&patient);
  Front forwarder(behind.channel());
  PingServer front(&forwarder);
  v1::Ping::Stub stub(front.channel());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
  std::thread client([&] {
    v1::Answer answer;
    EXPECT_EQ(stub.Pong(&context, v1::Ask(), &answer).error_code(), grpc::StatusCode::CANCELLED);
  });
  patient.arrived_.get_future().wait();
  context.TryCancel();
  client.join();
  EXPECT_GT(patient.left_.get_future().get(), std::chrono::minutes(1)) << "not for want of time";
}

TEST(Outgoing, IsCancelledWithTheCallThatItServes) {
  ExpectCancelledWithTheCallThatItServes<Forwarder>();
  ExpectCancelledWithTheCallThatItServes<CallbackForwarder>();
}

TEST(Outgoing, WorksInAHandlersTestAndHasADeadlineAlways) {
  grpc::ServerContext context;
  const auto before = std::chrono::system_clock::now();
  const auto outgoing = MakeOutgoing(context);
  EXPECT_LE(outgoing->deadline(), before + std::chrono::seconds(11));
  EXPECT_GT(outgoing->deadline(), before);
}

// What of `authorization` reaches a server behind, when a call brought these values.
std::string TokenHandedOn(const std::vector<std::string>& brought, bool with_token) {
  class Reader final : public v1::Ping::Service {
   public:
    grpc::Status Pong(grpc::ServerContext* context, const v1::Ask*, v1::Answer*) override {
      const auto [first, last] = context->client_metadata().equal_range("authorization");
      for (auto one = first; one != last; ++one) {
        seen += std::string(one->second.data(), one->second.size()) + ";";
      }
      sync::HandOver(this);
      return grpc::Status::OK;
    }
    std::string seen;
  } reader;
  PingServer behind(&reader);
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse spouse(&context);
  for (const std::string& value : brought) spouse.AddClientMetadata("authorization", value);
  OutgoingOptions options;
  options.with_token = with_token;
  v1::Answer answer;
  const grpc::Status status = v1::Ping::Stub(behind.channel())
                                  .Pong(MakeOutgoing(context, options).get(), v1::Ask(), &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  sync::TakeOver(&reader);
  return reader.seen;
}

TEST(Outgoing, HandsTheTokenOnOnlyWhenAskedAndOnlyIfThereIsOne) {
  EXPECT_EQ(TokenHandedOn({"Bearer x"}, false), "");
  EXPECT_EQ(TokenHandedOn({"Bearer x"}, true), "Bearer x;");
  EXPECT_EQ(TokenHandedOn({}, true), "");
  EXPECT_EQ(TokenHandedOn({"Bearer x", "Bearer y"}, true), "");
}

}  // namespace
}  // namespace tokenforge::testing
