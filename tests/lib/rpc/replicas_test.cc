// Our channels and several replicas: all are used, one that drains is left, new ones are found.
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "lib/rpc/channel.h"
#include "lib/rpc/connection_age.h"
#include "lib/rpc/health.h"
#include "tests/lib/rpc/certs.h"
#include "tests/lib/rpc/key_server.h"
#include "tests/lib/rpc/name_server.h"

namespace tokenforge::rpc::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A key server with health, as a service of ours is one.
class Replica {
 public:
  Replica(const TlsFiles& files, const std::string& host, int port = 0,
          milliseconds age = std::chrono::hours(1)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(host + ":" + std::to_string(port), *ServerTls(files), &port_);
    builder.RegisterService(&keys);
    builder.RegisterService(health.service());
    LimitConnectionAge(age, builder);
    server_ = builder.BuildAndStart();
    address_ = host + ":" + std::to_string(port_);
    health.SetServing(true);
  }
  ~Replica() { Stop(); }
  void Stop() {
    health.EndWatches();
    server_->Shutdown(std::chrono::system_clock::now() + seconds(5));
    server_->Wait();
  }
  int port() const { return port_; }
  const std::string& address() const { return address_; }

  FakeKeys keys;
  Health health;

 private:
  int port_ = 0;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

class Replicas : public ::testing::Test {
 protected:
  std::shared_ptr<grpc::Channel> Open(const std::string& target) {
    return *Connect(target, certs_.MakeFor("spiffe://example.org/web"), "/keys", {});
  }
  // A call that waits for whoever serves.
  static grpc::Status Ask(const std::shared_ptr<grpc::Channel>& channel) {
    const auto stub = KeyService::NewStub(channel);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(20));
    context.set_wait_for_ready(true);
    GetJwksResponse response;
    return stub->GetJwks(&context, {}, &response);
  }
  // Asks until this replica has answered; false after half a minute.
  static bool AskUntilReached(const std::shared_ptr<grpc::Channel>& channel,
                              const Replica& replica) {
    const auto give_up = std::chrono::steady_clock::now() + seconds(30);
    const int before = replica.keys.calls;
    while (replica.keys.calls == before) {
      if (!Ask(channel).ok() || std::chrono::steady_clock::now() >= give_up) return false;
    }
    return true;
  }

  Certs certs_;
  TlsFiles keys_ = certs_.MakeFor("spiffe://example.org/keys");
};

TEST_F(Replicas, EachAddressOfAListIsUsed) {
  const Replica one(keys_, "127.0.0.1"), two(keys_, "127.0.0.1"), three(keys_, "127.0.0.1");
  const auto channel = Open(one.address() + "," + two.address() + ", " + three.address());
  for (const Replica* replica : {&one, &two, &three}) {
    EXPECT_TRUE(AskUntilReached(channel, *replica)) << replica->address();
  }
}

TEST_F(Replicas, OneThatDrainsIsLeftWhileItStillServes) {
  Replica one(keys_, "127.0.0.1");
  const Replica two(keys_, "127.0.0.1");
  const auto channel = Open(one.address() + "," + two.address());
  ASSERT_TRUE(AskUntilReached(channel, one));
  ASSERT_TRUE(AskUntilReached(channel, two));
  one.health.SetServing(false);
  // Round robin would come by every second time.
  for (int in_a_row = 0; in_a_row < 10;) {
    const int before = one.keys.calls;
    ASSERT_TRUE(Ask(channel).ok());
    in_a_row = one.keys.calls == before ? in_a_row + 1 : 0;
  }
  one.Stop();
  EXPECT_TRUE(Ask(channel).ok());
}

TEST_F(Replicas, ANameIsAskedAgainWhenItsOnlyReplicaGoes) {
  Replica old(keys_, "127.0.0.2");
  NameServer names({"127.0.0.2"});
  const auto channel = Open(names.target(old.port()));
  ASSERT_TRUE(Ask(channel).ok());
  const Replica successor(keys_, "127.0.0.3", old.port());
  names.Set({"127.0.0.3"});
  old.Stop();
  EXPECT_TRUE(AskUntilReached(channel, successor));
}

TEST_F(Replicas, ANewOneIsFoundWhenAConnectionHasItsAge) {
  const Replica old(keys_, "127.0.0.2", 0, seconds(1));
  NameServer names({"127.0.0.2"});
  const auto channel = Open(names.target(old.port()));
  ASSERT_TRUE(Ask(channel).ok());
  const Replica added(keys_, "127.0.0.3", old.port());
  names.Set({"127.0.0.2", "127.0.0.3"});
  EXPECT_TRUE(AskUntilReached(channel, added)) << "and no call failed";
}

}  // namespace
}  // namespace tokenforge::rpc::testing
