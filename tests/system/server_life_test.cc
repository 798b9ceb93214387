// ServerLife through a real process of a guarded server: what its clients see while it ends.
#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include <csignal>

#include "lib/rpc/channel.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::seconds;

class ServerLifeTest : public testing::Test {
 protected:
  explicit ServerLifeTest(std::chrono::milliseconds delay = seconds(10)) : suite_(Options(delay)) {
    suite_.Start();
    const FacadeClient facade(suite_.Connect("auth"));
    token_ = facade.Register(FreshEmail(), kPassword)->tokens().access_token();
    rpc::TlsFiles files{suite_.certs() + "/app.crt", suite_.certs() + "/app.key",
                        suite_.certs() + "/ca.crt"};
    watching_ = *rpc::Connect(suite_.addresses("guarded"), files, "/example");
  }
  // Nobody is left to drain for.
  void TearDown() override {
    for (const std::string& name : suite_.names()) suite_.process(name).Kill(SIGKILL);
  }
  static SuiteOptions Options(std::chrono::milliseconds delay) {
    SuiteOptions options;
    options.guarded = true;
    options.drain_delay = delay;
    return options;
  }
  bool AwaitServing() {
    return watching_->WaitForConnected(std::chrono::system_clock::now() + seconds(30));
  }
  // Until a client that checks health no longer takes this server.
  bool AwaitLeft() {
    return watching_->WaitForStateChange(GRPC_CHANNEL_READY,
                                         std::chrono::system_clock::now() + seconds(30));
  }

  Suite suite_;
  std::string token_;
  std::shared_ptr<grpc::Channel> watching_;
};

TEST_F(ServerLifeTest, ServesOnForTheDrainDelayWhileHealthSendsClientsAwayAndEndsAtASecondSignal) {
  ASSERT_TRUE(AwaitServing());
  suite_.process("guarded").Kill(SIGTERM);
  ASSERT_TRUE(AwaitLeft());
  const FacadeClient careless(suite_.Connect("guarded"));  // does not look at health
  EXPECT_TRUE(careless.WhoAmI(token_).ok());
  suite_.process("guarded").Kill(SIGTERM);
  ASSERT_TRUE(suite_.process("guarded").WaitForEnd(seconds(30)));
  EXPECT_EQ(suite_.process("guarded").exit_code(), 1);
}

class ShortDelay : public ServerLifeTest {
 protected:
  ShortDelay() : ServerLifeTest(std::chrono::milliseconds(100)) {}
};

TEST_F(ShortDelay, EndsWithCodeZeroAndClientsFindItAgain) {
  ASSERT_TRUE(AwaitServing());
  EXPECT_EQ(suite_.Restart({"guarded"}, SIGTERM).at("guarded"), 0);
  EXPECT_TRUE(AwaitServing());
  EXPECT_TRUE(FacadeClient(watching_).WhoAmI(token_).ok());
}

}  // namespace
}  // namespace tokenforge::systemtest
