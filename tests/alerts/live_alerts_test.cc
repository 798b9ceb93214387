// Alerts that fire because something is really wrong, and resolve because it no longer is: a real
// Prometheus on a real suite. (That every alert fires and resolves is shown by promtool, in
// tests/k8s.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>

#include "tests/alerts/faults.h"
#include "tests/alerts/prometheus.h"
#include "tests/system/admin.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

SuiteOptions Options() {
  SuiteOptions options;
  options.guarded = true;
  options.circuit_open_time = "2s";
  // No grace, so that a token that is used twice is a theft; locks after a few failures of whoever
  // tries.
  options.flags["sessions"] = {"--refresh-grace=0s", "--account-lock-after=3",
                               "--rate-limit=login_account=1000000/1000000/1s"};
  return options;
}

class LiveAlerts : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = new Suite(Options());
    suite_->Start();
    prometheus_ = new Prometheus(*suite_);
    client_ = new FacadeClient(suite_->Connect("auth"));
  }
  static void TearDownTestSuite() {
    delete client_;
    delete prometheus_;
    delete suite_;
  }

  // Before the fault and after its end the alert is silent; between them it fires.
  static void ExpectSilent(const std::string& alert, const std::string& label = "") {
    EXPECT_TRUE(prometheus_->Await(alert, false, label)) << alert << " does not resolve";
  }
  static void ExpectFiring(const std::string& alert, const std::string& label = "") {
    EXPECT_TRUE(prometheus_->Await(alert, true, label)) << alert << " does not fire";
  }
  // The tokens of somebody new; a service that has just come back may refuse for a moment.
  static auth::v1::Tokens Registered() {
    const auto end = std::chrono::steady_clock::now() + seconds(120);
    for (;;) {
      const auto registered = client_->Register(FreshEmail(), kPassword);
      if (registered.ok()) return registered->tokens();
      if (std::chrono::steady_clock::now() > end) {
        ADD_FAILURE() << registered.status();
        return {};
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }
  static void Revive(const std::string& name) {
    suite_->StartProcess(name);
    EXPECT_TRUE(suite_->WaitReady(name, seconds(120))) << name;
  }

  static Suite* suite_;
  static Prometheus* prometheus_;
  static FacadeClient* client_;
};

Suite* LiveAlerts::suite_ = nullptr;
Prometheus* LiveAlerts::prometheus_ = nullptr;
FacadeClient* LiveAlerts::client_ = nullptr;

TEST_F(LiveAlerts, AServiceThatWasKilled) {
  ExpectSilent("TokenForgeServiceDown");
  suite_->process("users").Kill(SIGKILL);
  ASSERT_TRUE(suite_->process("users").WaitForEnd(seconds(60)));
  ExpectFiring("TokenForgeServiceDown", "job=users");
  EXPECT_THAT(prometheus_->Firing("TokenForgeServiceDown"),
              ElementsAre("No replica of users answers"));
  Revive("users");
  ExpectSilent("TokenForgeServiceDown");
}

TEST_F(LiveAlerts, ACircuitThatOpenedBecauseRedisWasKilled) {
  std::string token = Registered().refresh_token();
  const auto refresh = [&token] {
    const auto next = client_->Refresh(token);
    if (next.ok()) token = next->refresh_token();
  };
  ExpectSilent("TokenForgeCircuitOpen");
  suite_->process("redis").Kill(SIGKILL);
  ASSERT_TRUE(suite_->process("redis").WaitForEnd(seconds(60)));
  EXPECT_TRUE(prometheus_->AwaitWhile("TokenForgeCircuitOpen", true, "dependency=redis", refresh));
  Revive("redis");
  for (const char* label : {"dependency=redis", "dependency=sessions", ""}) {
    EXPECT_TRUE(prometheus_->AwaitWhile("TokenForgeCircuitOpen", false, label, refresh)) << label;
  }
}

TEST_F(LiveAlerts, RefreshTokensThatAreUsedAgain) {
  ExpectSilent("TokenForgeRefreshTokensStolen");
  int thefts = 0;
  const auto steal = [&thefts] {
    const std::string stolen = Registered().refresh_token();
    if (!client_->Refresh(stolen).ok()) return;
    const auto again = client_->Refresh(stolen);
    if (ReasonName(again.status()) == "REFRESH_TOKEN_REUSED") ++thefts;
  };
  const auto steal_many = [&steal] {
    for (int i = 0; i < 4; ++i) steal();
  };
  EXPECT_TRUE(prometheus_->AwaitWhile("TokenForgeRefreshTokensStolen", true, "", steal_many));
  EXPECT_GT(thefts, 10);
  ExpectSilent("TokenForgeRefreshTokensStolen");
}

TEST_F(LiveAlerts, PasswordsThatAreGuessedAndAccountsThatLock) {
  ExpectSilent("TokenForgeLoginsFail");
  ExpectSilent("TokenForgeAccountsLocked");
  const auto guess = [] {
    for (int account = 0; account < 3; ++account) {
      const std::string email = FreshEmail();
      for (int attempt = 0; attempt < 5; ++attempt) {
        EXPECT_FALSE(client_->Login(email, "another staple of horses").ok());
      }
    }
  };
  EXPECT_TRUE(prometheus_->AwaitWhile("TokenForgeAccountsLocked", true, "", guess));
  EXPECT_TRUE(prometheus_->AwaitWhile("TokenForgeLoginsFail", true, "", guess));
  ExpectSilent("TokenForgeLoginsFail");
  ExpectSilent("TokenForgeAccountsLocked");
}

TEST_F(LiveAlerts, AGuardThatDoesNotHearOfNewKeys) {
  ExpectSilent("TokenForgeGuardsBehind");
  suite_->process("guarded").Kill(SIGSTOP);
  Admin admin(*suite_);
  auth::v1::RevokeAllSigningKeysResponse answer;
  const grpc::Status revoked = admin.RevokeAllSigningKeys(&answer);
  ASSERT_TRUE(revoked.ok()) << revoked.error_message();
  ExpectFiring("TokenForgeGuardsBehind");
  suite_->process("guarded").Kill(SIGCONT);
  ExpectSilent("TokenForgeGuardsBehind");
}

TEST_F(LiveAlerts, AFeedThatHearsNothingOfRevocations) {
  ExpectSilent("TokenForgeTrustFeedStale", "job=auth");
  suite_->process("sessions").Kill(SIGSTOP);
  ExpectFiring("TokenForgeTrustFeedStale", "job=auth");
  suite_->process("sessions").Kill(SIGCONT);
  ExpectSilent("TokenForgeTrustFeedStale", "job=auth");
}

TEST_F(LiveAlerts, ACertificateThatNobodyRenewed) {
  ExpectSilent("TokenForgeCertificateExpires");
  ExpectSilent("TokenForgeCertificateNotRenewed");
  {
    const EndingCertificate ending(suite_->certs(), "keys");
    ExpectFiring("TokenForgeCertificateExpires", "job=keys");
    ExpectFiring("TokenForgeCertificateNotRenewed", "job=keys");
    EXPECT_THAT(prometheus_->Firing("TokenForgeCertificateExpires"),
                ElementsAre(HasSubstr("The certificate of keys (server) was not renewed")));
  }
  ExpectSilent("TokenForgeCertificateExpires");
  ExpectSilent("TokenForgeCertificateNotRenewed");
}

TEST_F(LiveAlerts, ARedisThatDoesNotWriteItsFile) {
  ExpectSilent("TokenForgeRedisNotPersistent");
  const std::string socket = suite_->dir() + "/redis.sock";
  ASSERT_TRUE(ConfigureRedis(socket, "appendonly", "no"));
  ExpectFiring("TokenForgeRedisNotPersistent", "job=sessions");
  ExpectFiring("TokenForgeRedisNotPersistent", "job=keys");
  ASSERT_TRUE(ConfigureRedis(socket, "appendonly", "yes"));
  ExpectSilent("TokenForgeRedisNotPersistent");
}

// Last, when there is something to see on each panel.
TEST_F(LiveAlerts, TheDashboardsShowWhatHappened) {
  const std::string ask = "/usr/bin/python3 -B " TOKENFORGE_SOURCE_DIR
                          "/tests/alerts/ask_dashboards.py " +
                          prometheus_->url();
  EXPECT_EQ(std::system(ask.c_str()), 0);
}

}  // namespace
}  // namespace tokenforge::systemtest
