// Every command of the command line where it cannot do its work: the suite is down, the certificate
// is another authority's, the login has ended, the disk is full, the pipe is closed. Each time one
// clear line and a documented exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>

#include "cli/commands.h"
#include "tests/system/command_line.h"
#include "tests/system/facade_client.h"

namespace tokenforge::systemtest {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

enum class Needs { kNothing, kFacade, kPerson, kAdministrator };

struct Case {
  std::string arguments;
  Needs needs = Needs::kNothing;
  bool prints = true;  // on standard output, when all is well
};

// What stands in braces is filled in by Filled.
const std::map<std::string, Case>& Cases() {
  using enum Needs;
  static const std::map<std::string, Case> cases = {
      {"register", {"{fresh} --password-file={password} --token-file=other.tokens", kFacade}},
      {"login", {"{email} --password-file={password}", kFacade}},
      {"refresh", {"", kPerson}},
      {"logout", {"", kPerson}},
      {"whoami", {"", kPerson}},
      {"sessions list", {"", kPerson}},
      {"sessions revoke", {"{id}", kPerson}},
      {"password change",
       {"--password-file={password} --new-password-file={next}", kPerson, false}},
      {"password reset-request", {"{email}", kFacade, false}},
      {"password reset", {"--token-file={password} --new-password-file={next}", kFacade, false}},
      {"totp enroll", {"", kPerson, false}},  // asks before it ends
      {"totp disable", {"", kPerson, false}},
      {"token inspect", {"", kPerson}},
      {"token print", {"", kPerson}},
      {"introspect", {"", kPerson}},
      {"admin users list", {"", kAdministrator}},
      {"admin users show", {"{email}", kAdministrator}},
      {"admin users roles", {"{email} --scopes=none", kAdministrator}},
      {"admin users disable", {"{id}", kAdministrator, false}},  // there is no such user
      {"admin users enable", {"{email}", kAdministrator}},
      {"admin users unlock", {"{email}", kAdministrator}},
      {"admin users delete", {"{id} --yes", kAdministrator}},
      {"admin sessions list", {"{email}", kAdministrator}},
      {"admin sessions revoke", {"{id}", kAdministrator}},
      {"admin bootstrap", {"--again --email={email} {database}"}},
      {"admin import", {"{rows}", kAdministrator}},
      {"admin token", {"--email={email} --password-file={password} --file={fresh}", kFacade}},
      {"keys list", {"", kAdministrator}},
      {"keys rotate", {"--reason=drill --yes --force", kAdministrator}},
      {"keys revoke", {"{id} --reason=drill --yes", kAdministrator, false}},  // no such key
      {"keys revoke-all", {"--reason=drill --yes", kAdministrator}},
      {"audit list", {"", kAdministrator}},
      {"audit export", {"", kAdministrator}},
      {"audit verify", {"", kAdministrator}},
      {"trust watch", {"--count=1", kFacade}},
      {"tour", {"", kFacade, false}},
      {"doctor", {"", kFacade}},
      {"calibrate", {"--rounds=1 --target=10ms"}},
      {"policy", {"-I {proto} {proto}/tokenforge/auth/v1/trust.proto"}},
      {"completion", {"bash"}},
      {"man", {""}},
      {"version", {""}},
  };
  return cases;
}

class CliFaults : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    suite_ = new Suite;
    suite_->Start();
  }
  static void TearDownTestSuite() {
    delete suite_;
    suite_ = nullptr;
  }

  CliFaults()
      : line_(*suite_, testing::UnitTest::GetInstance()->current_test_info()->name()),
        email_(FreshEmail()) {
    password_ = line_.SecretFile("password", kPassword);
    line_.SecretFile("rows.jsonl", "");
    EXPECT_EQ(line_.Run("register " + email_ + " --password-file=" + password_).code, 0);
    const Ran appointed =
        line_.Run("admin bootstrap --again --email=" + email_ + " " + suite_->database_flag());
    EXPECT_EQ(appointed.code, 0) << appointed.err;
    LogIn();
  }

  void LogIn() const {
    const Ran in = line_.Run("login " + email_ + " --password-file=" + password_);
    EXPECT_EQ(in.code, 0) << in.err;
  }

  std::string Filled(std::string text) const {
    const std::map<std::string, std::string> values = {
        {"fresh", FreshEmail()},
        {"email", email_},
        {"password", password_},
        {"next", line_.home() + "/password"},
        {"id", "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77"},
        {"database", suite_->database_flag()},
        {"rows", line_.home() + "/rows.jsonl"},
        {"proto", TOKENFORGE_PROTO}};
    for (const auto& [name, value] : values) {
      const std::string mark = "{" + name + "}";
      for (std::size_t at = 0; (at = text.find(mark)) != std::string::npos;) {
        text.replace(at, mark.size(), value);
      }
    }
    return text;
  }
  // policy reads its own arguments and has no settings of the façade.
  Ran Run(const std::string& name, const std::string& more, Sink sink = Sink::kKept) const {
    return line_.Run(name + " " + Filled(Cases().at(name).arguments) + " " + more, sink);
  }
  // The command's own name at the beginning of a line, and what it says.
  static void ExpectLine(const std::string& name, const Ran& ran, const std::string& says) {
    EXPECT_THAT(ran.err, AllOf(HasSubstr("tokenforge " + name + ": "), HasSubstr(says))) << name;
  }

  static Suite* suite_;
  const CommandLine line_;
  const std::string email_;
  std::string password_;
};

Suite* CliFaults::suite_ = nullptr;

TEST_F(CliFaults, NoCommandIsForgottenHere) {
  for (const cli::Command& command : cli::Commands()) {
    EXPECT_TRUE(Cases().contains(command.name)) << command.name << " has no case";
  }
  EXPECT_EQ(Cases().size(), cli::Commands().size());
}

TEST_F(CliFaults, WhileTheSuiteIsDownEachSaysSo) {
  const std::string nowhere = "--auth=127.0.0.1:" + std::to_string(FreePort());
  for (const auto& [name, each] : Cases()) {
    if (each.needs == Needs::kNothing || name == "token print") continue;
    const Ran ran = Run(name, nowhere);
    if (name == "doctor") {
      EXPECT_EQ(ran.code, 7);
      EXPECT_THAT(ran.out, AllOf(HasSubstr("PROBLEM"), HasSubstr("is tokenforge-auth running")));
      continue;
    }
    EXPECT_EQ(ran.code, 3) << name << ": " << ran.err;
    ExpectLine(name, ran, "is the suite running");
    EXPECT_EQ(ran.out, "") << name;
  }
}

TEST_F(CliFaults, WithACertificateOfAnotherAuthorityEachSaysSo) {
  const std::string others = line_.home() + "/others";
  ASSERT_EQ(std::system((std::string(TOKENFORGE_DEV) + " certs " + others + " >/dev/null").c_str()),
            0);
  for (const auto& [name, each] : Cases()) {
    if (each.needs == Needs::kNothing || name == "token print") continue;
    const Ran ran = Run(name, "--certs=" + others);
    if (name == "doctor") {
      EXPECT_EQ(ran.code, 7);
      EXPECT_THAT(ran.out, HasSubstr("compare both ca.crt files"));
      continue;
    }
    EXPECT_EQ(ran.code, 3) << name << ": " << ran.err;
    ExpectLine(name, ran, "certificate");
  }
}

TEST_F(CliFaults, WithoutACertificateTheConfigurationIsWrong) {
  for (const std::string name : {"whoami", "login", "keys list", "trust watch"}) {
    const Ran ran = Run(name, "--certs=/nonexistent");
    EXPECT_EQ(ran.code, 2) << name;
    EXPECT_THAT(ran.err, HasSubstr("cannot be read (TLS certificate)")) << name;
  }
}

TEST_F(CliFaults, OnceTheLoginHasEndedEachSaysSo) {
  const std::string ended = line_.home() + "/ended.tokens";
  std::filesystem::copy_file(line_.token_file(), ended);
  ASSERT_EQ(line_.Run("logout").code, 0);
  // And its access token's quarter of an hour is over.
  const std::string expire =
      R"(sed -i -E 's/("access_expire_time":")[^"]*/\12020-01-01T00:00:00Z/' )";
  ASSERT_EQ(std::system((expire + ended).c_str()), 0);
  const std::map<std::string, int> others = {
      {"token inspect", 7},
      {"introspect", 7},
      {"logout", 0},
      {"totp disable", 1},   // asks for the password first
      {"admin import", 0}};  // an empty file: nothing to send
  for (const auto& [name, each] : Cases()) {
    if (each.needs != Needs::kPerson && each.needs != Needs::kAdministrator) continue;
    const std::string kept = line_.home() + "/kept.tokens";
    std::filesystem::copy_file(ended, kept, std::filesystem::copy_options::overwrite_existing);
    const Ran ran = Run(name, "--token-file=" + kept);
    const auto other = others.find(name);
    EXPECT_EQ(ran.code, other == others.end() ? 4 : other->second) << name << ": " << ran.err;
    if (other == others.end()) ExpectLine(name, ran, "UNAUTHENTICATED SESSION_ENDED");
    if (name == "token inspect") ExpectLine(name, ran, "TOKEN_REVOKED: its session");
  }
}

TEST_F(CliFaults, NobodyLoggedInIsSaidWithoutACall) {
  ASSERT_EQ(line_.Run("logout").code, 0);
  const std::string nowhere = "--auth=127.0.0.1:" + std::to_string(FreePort());
  for (const auto& [name, each] : Cases()) {
    if (each.needs != Needs::kPerson && each.needs != Needs::kAdministrator) continue;
    const Ran ran = Run(name, nowhere);
    EXPECT_EQ(ran.code, 4) << name << ": " << ran.err;
    ExpectLine(name, ran, "not logged in");
  }
}

TEST_F(CliFaults, OutputThatCannotBeWrittenIsAnErrorOfItsOwn) {
  const std::map<Sink, std::string> sinks = {{Sink::kFullDisk, "No space left on device"},
                                             {Sink::kClosedPipe, "Broken pipe"},
                                             {Sink::kClosed, "Bad file descriptor"}};
  for (const auto& [sink, reason] : sinks) {
    for (const auto& [name, each] : Cases()) {
      if (!each.prints || (sink == Sink::kClosed && each.needs != Needs::kNothing)) continue;
      if (each.needs == Needs::kPerson || each.needs == Needs::kAdministrator) LogIn();
      const Ran ran = Run(name, "", sink);
      EXPECT_EQ(ran.code, 6) << name << ": " << ran.err;
      EXPECT_THAT(ran.err, HasSubstr("tokenforge: the output could not be written: " + reason))
          << name;
    }
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
