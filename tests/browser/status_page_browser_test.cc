// The status page of a running suite, in a real browser: at idle, while signing keys are revoked
// and a guard does not hear of it, and afterwards. The pictures stay in build/…/status-page.
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/system/admin.h"
#include "tests/system/child_process.h"
#include "tests/system/facade_client.h"
#include "tests/system/status_token.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

constexpr std::chrono::minutes kPatience{4};

class StatusPageInABrowser : public testing::Test {
 protected:
  StatusPageInABrowser() : suite_(Options()) {
    std::filesystem::create_directories(TOKENFORGE_PICTURES);
    suite_.Start();
  }
  SuiteOptions Options() const {
    SuiteOptions options;
    options.replicas = 2;
    options.guarded = true;
    options.flags["auth"] = {token_.flag()};
    return options;
  }

  // People log in, mistype, and go on.
  void LiveALittle() {
    const FacadeClient client(suite_.Connect("auth"));
    for (int person = 0; person < 6; ++person) {
      const std::string email = FreshEmail();
      ASSERT_TRUE(client.Register(email, kPassword).ok());
      const auto login = client.Login(email, kPassword);
      ASSERT_TRUE(login.ok()) << login.status();
      ASSERT_TRUE(client.Refresh(login->tokens().refresh_token()).ok());
      if (person % 3 != 0) continue;
      EXPECT_FALSE(client.Login(email, "another staple of horses").ok());
    }
  }

  // `until`: a JSON list of texts that the page must come to show.
  void LookFor(const std::string& name, const std::string& until) {
    const std::string url =
        "http://127.0.0.1:" + std::to_string(suite_.operators_port("auth")) + "/status";
    const std::string log = suite_.dir() + "/look-" + name + ".log";
    ChildProcess look;
    ASSERT_TRUE(look.Start(
        {"/usr/bin/env", "STATUS_URL=" + url, std::string("STATUS_TOKEN=") + StatusToken::text(),
         "STATUS_UNTIL=" + until, "STATUS_NAME=" + name,
         std::string("STATUS_OUT=") + TOKENFORGE_PICTURES, TOKENFORGE_LOOK},
        log));
    ASSERT_TRUE(look.WaitForEnd(kPatience)) << name;
    std::stringstream said;
    said << std::ifstream(log).rdbuf();
    EXPECT_EQ(look.exit_code(), 0) << said.str();
  }

  const StatusToken token_;
  Suite suite_;
};

TEST_F(StatusPageInABrowser, AtIdleAndDuringAKeyRevocation) {
  LiveALittle();
  LookFor("idle", R"x(["all is well", "login.failed", "active", "(this one)"])x");

  // A guard that hangs hears of nothing; a reason that somebody typed is a text, whatever it says.
  suite_.process("guarded").Kill(SIGSTOP);
  Admin admin(suite_);
  auth::v1::RevokeAllSigningKeysResponse answer;
  const grpc::Status revoked = admin.RevokeAllSigningKeys(&answer);
  ASSERT_TRUE(revoked.ok()) << revoked.error_message();
  LookFor("revocation",
          R"x(["needs a look", "1 guard does not enforce", "revoked", "keys.all_revoked"])x");

  suite_.process("guarded").Kill(SIGCONT);
  LookFor("after", R"x(["all is well", "revoked", "keys.all_revoked"])x");
}

}  // namespace
}  // namespace tokenforge::systemtest
