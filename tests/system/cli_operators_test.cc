// The command line of administrators and operators against the running suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/system/command_line.h"
#include "tests/system/facade_client.h"

namespace tokenforge::systemtest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CliOperators : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = new Suite({.guarded = true, .flags = {}});
    suite_->Start();
  }
  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }
  CliOperators()
      : line_(*suite_, testing::UnitTest::GetInstance()->current_test_info()->name()),
        ada_(FreshEmail()),
        bob_(FreshEmail()) {
    const std::string password = line_.SecretFile("password", kPassword);
    const std::string bobs = " --token-file=bob.tokens --password-file=" + password;
    EXPECT_EQ(line_.Run("register " + bob_ + bobs).code, 0);
    EXPECT_EQ(line_.Run("register " + ada_ + " --password-file=" + password).code, 0);
    EXPECT_EQ(
        line_.Run("admin bootstrap --again --email=" + ada_ + " " + suite_->database_flag()).code,
        0);
    EXPECT_EQ(line_.Run("refresh").code, 0) << "the role is in the next token";
  }

  static Suite* suite_;
  const CommandLine line_;
  const std::string ada_, bob_;
};

Suite* CliOperators::suite_ = nullptr;

TEST_F(CliOperators, ChangeAccounts) {
  EXPECT_THAT(line_.Run("admin users list --prefix=" + bob_).out,
              AllOf(HasSubstr("USER ID"), HasSubstr(bob_)));
  EXPECT_THAT(line_.Run("admin users roles " + bob_ + " --roles=editor --json").out,
              HasSubstr(R"("roles":["editor"],"scopes":[])"));
  EXPECT_THAT(line_.Run("admin users roles " + bob_ + " --scopes=notes:read --json").out,
              HasSubstr(R"("roles":["editor"],"scopes":["notes:read"])"))
      << "what is not named stays";
  EXPECT_EQ(line_.Run("admin users roles " + bob_).code, 2);
  EXPECT_THAT(line_.Run("admin users disable " + bob_ + " --reason=drill --json").out,
              HasSubstr(R"("disabled":true)"));
  EXPECT_EQ(line_.Run("whoami --token-file=bob.tokens").code, 4);
  EXPECT_EQ(line_.Run("admin users enable " + bob_).code, 0);
  EXPECT_EQ(line_.Run("admin users unlock " + bob_).code, 0);
  const Ran unsure = line_.Run("admin users delete " + bob_);
  EXPECT_EQ(unsure.code, 2) << "there is nobody to ask";
  EXPECT_THAT(unsure.err, HasSubstr("say --yes"));
  EXPECT_EQ(line_.Run("admin users delete " + bob_ + " --yes").code, 0);
  EXPECT_EQ(line_.Run("admin users show " + bob_).code, 1);
}

TEST_F(CliOperators, EndSomebodysSessions) {
  EXPECT_THAT(line_.Run("admin sessions list " + bob_).out, HasSubstr("tokenforge on "));
  EXPECT_THAT(line_.Run("admin sessions revoke " + bob_ + " --json").out,
              HasSubstr(R"("sessions_ended":1)"));
  EXPECT_EQ(line_.Run("whoami --token-file=bob.tokens").code, 4);
  const Ran refused = line_.Run("admin users list --token-file=bob.tokens");
  EXPECT_EQ(refused.code, 4);
}

TEST_F(CliOperators, WhoIsNoAdministratorIsRefused) {
  const Ran refused = line_.Run("admin users list --token-file=bob.tokens");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("PERMISSION_DENIED ROLE_REQUIRED"));
}

TEST_F(CliOperators, RevokeKeysAndGoOn) {
  EXPECT_EQ(line_.Run("keys revoke-all --reason=drill").code, 2) << "asks first";
  const Ran all = line_.Run("keys revoke-all --reason=drill --yes --json");
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_THAT(all.out, AllOf(HasSubstr(R"("keys_revoked":2)"), HasSubstr("guards_applied")));
  EXPECT_THAT(all.err, HasSubstr("connected guards refuse what was revoked"));
  const Ran list = line_.Run("keys list");
  EXPECT_THAT(list.out, AllOf(HasSubstr("active"), HasSubstr("revoked"))) << list.err;
  EXPECT_EQ(line_.Run("whoami --token-file=bob.tokens").code, 0) << "refreshed by itself";
  EXPECT_EQ(line_.Run("audit verify").code, 0);
}

TEST_F(CliOperators, CountGuardsThatAreBehind) {
  ChildProcess& guard = suite_->process("guarded");
  guard.Kill(SIGSTOP);
  const Ran behind = line_.Run("keys revoke-all --reason=drill --yes --wait=1s");
  guard.Kill(SIGCONT);
  EXPECT_EQ(behind.code, 5);
  EXPECT_THAT(behind.err, AllOf(HasSubstr("0 of 1 connected guards refuse what was revoked\n"),
                                HasSubstr("some guards are behind")));
  const Ran caught_up = line_.Run("keys revoke-all --reason=drill --yes --wait=60s");
  EXPECT_EQ(caught_up.code, 0) << caught_up.err;
  EXPECT_THAT(caught_up.err, HasSubstr("1 of 1 connected guards refuse what was revoked\n"));
}

TEST_F(CliOperators, SayWhichCertificateRefreshes) {
  const Ran other = line_.Run("refresh --identity=operator");
  EXPECT_EQ(other.code, 4);
  EXPECT_THAT(other.err, HasSubstr("use the certificate (--identity) that you logged in with"));
  EXPECT_EQ(line_.Run("refresh").code, 0) << "nothing was lost by it";
}

TEST_F(CliOperators, InspectTokensAsGuardsDo) {
  const Ran good = line_.Run("token inspect --token-file=bob.tokens --json");
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, AllOf(HasSubstr(R"("accepted":true)"), HasSubstr(R"("email":")" + bob_)));
  const Ran other = line_.Run("token inspect --token-file=bob.tokens --audience=notes");
  EXPECT_EQ(other.code, 7);
  EXPECT_THAT(other.err, HasSubstr("TOKEN_WRONG_AUDIENCE: it is for tokenforge, not for notes"));
  const Ran printed = line_.Run("token print --token-file=bob.tokens");
  EXPECT_EQ(printed.code, 0);
  const std::string file = line_.SecretFile("token", printed.out);
  EXPECT_THAT(line_.Run("introspect --json --token-fd=0 <" + file).out,
              AllOf(HasSubstr(R"("active":true)"), HasSubstr(bob_)));
  EXPECT_EQ(line_.Run("introspect --token-fd=0 <" + line_.home() + "/password").code, 7);
}

TEST_F(CliOperators, WatchTheFeed) {
  const Ran once = line_.Run("trust watch --count=1");
  EXPECT_EQ(once.code, 0) << once.err;
  EXPECT_THAT(once.out, AllOf(HasSubstr("snapshot"), HasSubstr("revocations; keys ")));
  EXPECT_EQ(line_.Run("trust watch --for=1s").code, 0) << "its time is over";
}

TEST_F(CliOperators, AskTheDoctor) {
  std::string operators = "--operators=";
  for (const std::string name : {"auth", "users", "keys", "sessions"}) {
    operators += name + "=127.0.0.1:" + std::to_string(suite_->operators_port(name)) + ",";
  }
  operators.pop_back();
  const Ran well = line_.Run("doctor " + operators);
  EXPECT_EQ(well.code, 0) << well.out;
  EXPECT_THAT(well.out, AllOf(HasSubstr("spiffe://"), HasSubstr("ready, with all it needs"),
                              HasSubstr("keys, "), Not(HasSubstr("PROBLEM"))));
  std::filesystem::permissions(line_.token_file(), std::filesystem::perms::others_read,
                               std::filesystem::perm_options::add);
  const Ran ill = line_.Run("doctor --operators=users=127.0.0.1:1");
  EXPECT_EQ(ill.code, 7);
  EXPECT_THAT(ill.out,
              AllOf(HasSubstr("others may read it"), HasSubstr("chmod 600 " + line_.token_file()),
                    HasSubstr("nobody answers at 127.0.0.1:1")));
}

}  // namespace
}  // namespace tokenforge::systemtest
