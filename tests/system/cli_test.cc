// The command line against the running suite: what people do, and what they are told when it cannot
// be done.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "tests/system/command_line.h"
#include "tests/system/facade_client.h"

namespace tokenforge::systemtest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Cli : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = new Suite;
    suite_->Start();
  }
  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }

  Cli()
      : line_(*suite_, testing::UnitTest::GetInstance()->current_test_info()->name()),
        email_(FreshEmail()) {
    password_ = line_.SecretFile("password", kPassword);
  }

  Ran Register() const {
    return line_.Run("register " + email_ + " --json --password-file=" + password_);
  }
  Ran Login(const std::string& more = "") const {
    return line_.Run("login " + email_ + " --json --password-file=" + password_ + " " + more);
  }
  // A member of a JSON object that is a text.
  static std::string Member(const Ran& ran, const std::string& name) {
    const std::string begin = "\"" + name + "\":\"";
    const std::size_t at = ran.out.find(begin);
    if (at == std::string::npos) return "";
    const std::size_t from = at + begin.size();
    return ran.out.substr(from, ran.out.find('"', from) - from);
  }

  static Suite* suite_;
  const CommandLine line_;
  const std::string email_;
  std::string password_;
};

Suite* Cli::suite_ = nullptr;

TEST_F(Cli, TakesAPersonFromRegisteringToLoggingOut) {
  const Ran registered = Register();
  ASSERT_EQ(registered.code, 0) << registered.err;
  EXPECT_EQ(Member(registered, "email"), email_);
  struct stat kept{};
  ASSERT_EQ(::stat(line_.token_file().c_str(), &kept), 0);
  EXPECT_EQ(kept.st_mode & 0777, 0600u);

  const Ran who = line_.Run("whoami --json");
  EXPECT_EQ(who.code, 0) << who.err;
  EXPECT_EQ(Member(who, "user_id"), Member(registered, "user_id"));
  EXPECT_EQ(Member(who, "session_id"), Member(registered, "session_id"));
  EXPECT_THAT(line_.Run("whoami").out, HasSubstr("email           " + email_ + "\n"));

  const std::string before = ReadWhole(line_.token_file());
  const Ran refreshed = line_.Run("refresh --json");
  EXPECT_EQ(refreshed.code, 0) << refreshed.err;
  EXPECT_EQ(Member(refreshed, "session_id"), Member(registered, "session_id"));
  EXPECT_NE(ReadWhole(line_.token_file()), before);

  const Ran out = line_.Run("logout");
  EXPECT_EQ(out.code, 0) << out.err;
  EXPECT_FALSE(std::filesystem::exists(line_.token_file()));
  EXPECT_EQ(line_.Run("whoami").code, 4);
}

TEST_F(Cli, NeverShowsATokenOrPassword) {
  for (const std::string& line :
       {"register " + email_ + " --password-file=" + password_, std::string("whoami --json"),
        std::string("refresh"), std::string("sessions list"), std::string("logout --all")}) {
    const Ran ran = line_.Run(line);
    EXPECT_EQ(ran.code, 0) << ran.err;
    for (const std::string& text : {ran.out, ran.err}) {
      EXPECT_THAT(text,
                  AllOf(Not(HasSubstr("eyJ")), Not(HasSubstr("tfr_")), Not(HasSubstr(kPassword))));
    }
  }
}

TEST_F(Cli, TakesAPasswordFromADescriptorAndNeverFromAnArgument) {
  ASSERT_EQ(Register().code, 0);
  EXPECT_EQ(line_.Run("login " + email_ + " --password-fd=3 3<" + password_).code, 0);
  EXPECT_EQ(line_.Run("login " + email_ + " --password-fd=0 <" + password_).code, 0);
  EXPECT_EQ(line_.Run("login " + email_ + " --password=x").code, 2);
  EXPECT_EQ(line_.Run("login " + email_ + " x").code, 2);
  const Ran closed = line_.Run("login " + email_ + " --password-fd=9");
  EXPECT_EQ(closed.code, 2);
  EXPECT_THAT(closed.err, HasSubstr("descriptor 9 cannot be read"));
  const Ran nobody = line_.Run("login " + email_);
  EXPECT_EQ(nobody.code, 2);
  EXPECT_THAT(nobody.err, HasSubstr("there is no terminal to ask at"));
  const Ran twice = line_.Run("login " + email_ + " --password-fd=3 --password-file=" + password_);
  EXPECT_EQ(twice.code, 2);
  EXPECT_THAT(twice.err, HasSubstr("give one of them"));
}

TEST_F(Cli, ARefusedLoginIsAFailureAndLeavesNoTokens) {
  ASSERT_EQ(Register().code, 0);
  ASSERT_EQ(line_.Run("logout").code, 0);
  const Ran wrong = line_.Run("login " + email_ +
                              " --password-file=" + line_.SecretFile("wrong", "not the password"));
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("INVALID_CREDENTIALS"));
  EXPECT_TRUE(std::filesystem::is_empty(line_.home() + "/.config/tokenforge"));
  const Ran again = Register();
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("EMAIL_TAKEN"));
}

TEST_F(Cli, ListsAndEndsSessions) {
  const Ran here = Register();
  ASSERT_EQ(here.code, 0);
  const Ran there = Login("--token-file=there.tokens");
  ASSERT_EQ(there.code, 0) << there.err;
  const Ran list = line_.Run("sessions list");
  EXPECT_THAT(list.out, AllOf(HasSubstr("SESSION ID"), HasSubstr(Member(here, "session_id")),
                              HasSubstr(Member(there, "session_id")), HasSubstr("tokenforge on ")));
  const Ran ended = line_.Run("sessions revoke " + Member(there, "session_id"));
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(line_.Run("sessions list --json").out, Not(HasSubstr(Member(there, "session_id"))));
  const Ran lost = line_.Run("whoami --token-file=there.tokens");
  EXPECT_EQ(lost.code, 4) << lost.err;
  EXPECT_THAT(lost.err, HasSubstr("UNAUTHENTICATED SESSION_ENDED"));
  EXPECT_EQ(line_.Run("refresh --token-file=there.tokens").code, 4);
  EXPECT_EQ(line_.Run("logout --token-file=there.tokens").code, 0) << "it has ended: forget it";
  EXPECT_EQ(line_.Run("whoami").code, 0);
}

TEST_F(Cli, LogsOutEverywhere) {
  ASSERT_EQ(Register().code, 0);
  ASSERT_EQ(Login("--token-file=there.tokens").code, 0);
  const Ran all = line_.Run("logout --all --json");
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_EQ(all.out, "{\"sessions_ended\":2}\n");
  EXPECT_EQ(line_.Run("refresh --token-file=there.tokens").code, 4);
}

TEST_F(Cli, RefreshesATokenThatEndsSoonByItself) {
  ASSERT_EQ(Register().code, 0);
  // As if the quarter of an hour had passed.
  const std::string ended =
      "sed -i -E "
      "s/\\\"access_expire_time\\\":\\\"[^\\\"]*/"
      "\\\"access_expire_time\\\":\\\"2020-01-01T00:00:00Z/ ";
  ASSERT_EQ(std::system((ended + line_.token_file()).c_str()), 0);
  const std::string before = ReadWhole(line_.token_file());
  EXPECT_EQ(line_.Run("whoami").code, 0);
  EXPECT_NE(ReadWhole(line_.token_file()), before);
  // And without anything to refresh it with.
  ASSERT_EQ(std::system((ended + line_.token_file()).c_str()), 0);
  ASSERT_EQ(
      std::system(("sed -i -E s/\\\"refresh_token\\\":\\\"[^\\\"]*/\\\"refresh_token\\\":\\\"/ " +
                   line_.token_file())
                      .c_str()),
      0);
  const Ran over = line_.Run("whoami");
  EXPECT_EQ(over.code, 4);
  EXPECT_THAT(over.err, HasSubstr("log in again with `tokenforge login`"));
}

TEST_F(Cli, RefusesTokensThatOthersMayRead) {
  ASSERT_EQ(Register().code, 0);
  ASSERT_EQ(::chmod(line_.token_file().c_str(), 0644), 0);
  const Ran ran = line_.Run("whoami");
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, HasSubstr("chmod 600"));
}

TEST_F(Cli, ChangesAPassword) {
  ASSERT_EQ(Register().code, 0);
  ASSERT_EQ(Login("--token-file=there.tokens").code, 0);
  const std::string next = line_.SecretFile("next", "pumpkin tractor violin nine");
  const std::string change =
      "password change --password-file=" + password_ + " --new-password-file=" + next;
  EXPECT_EQ(line_.Run(change).code, 0);
  EXPECT_EQ(line_.Run(change).code, 1) << "it is another now";
  EXPECT_EQ(line_.Run("refresh --token-file=there.tokens").code, 4);
  EXPECT_EQ(line_.Run("login " + email_ + " --password-file=" + next).code, 0);
  EXPECT_EQ(line_.Run("password reset-request " + email_).code, 0);
  const Ran reset =
      line_.Run("password reset --token-file=" + password_ + " --new-password-file=" + next);
  EXPECT_EQ(reset.code, 1);
  EXPECT_THAT(reset.err, HasSubstr("CODE_INVALID"));
}

TEST_F(Cli, KeepsAProfileForEachSuite) {
  ASSERT_EQ(Register().code, 0);
  std::ofstream(line_.home() + "/.config/tokenforge/config")
      << "[default]\nauth = 127.0.0.1:1\n[second]\nauth = 127.0.0.1:" << suite_->port("auth")
      << "\ncerts = " << suite_->certs() << "\n";
  const std::string cli = TOKENFORGE_CLI;
  const Ran in =
      line_.RunBare(cli + " login " + email_ + " --profile=second --password-file=" + password_);
  EXPECT_EQ(in.code, 0) << in.err;
  EXPECT_TRUE(std::filesystem::exists(line_.home() + "/.config/tokenforge/second.tokens"));
  EXPECT_EQ(line_.RunBare("TOKENFORGE_PROFILE=second " + cli + " whoami").code, 0);
  EXPECT_EQ(line_.RunBare(cli + " whoami --certs=" + suite_->certs()).code, 3);
  EXPECT_EQ(line_.RunBare(cli + " whoami --profile=third").code, 2);
}

}  // namespace
}  // namespace tokenforge::systemtest
