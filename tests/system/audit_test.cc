// The audit log through four real processes and the command line: what is in it, what never is, and
// that whatever somebody does to it shows.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/audit_json.h"
#include "cli/families.h"
#include "cli/frame.h"
#include "soci/soci.h"
#include "soci/sqlite3/soci-sqlite3.h"
#include "tests/system/admin.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

constexpr char kMarkedPassword[] = "MARKED correct horse battery";
constexpr char kMarkedGuess[] = "MARKED wrong horse battery";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    suite_.Start();
    client_ = std::make_unique<FacadeClient>(suite_.Connect("auth"));
    admin_ = std::make_unique<Admin>(suite_);
  }

  // The command line, as an administrator.
  int Run(std::vector<std::string> arguments) {
    const std::string token_file = suite_.dir() + "/admin.token";
    std::ofstream(token_file) << admin_->NewToken() << "\n";
    ::chmod(token_file.c_str(), 0600);
    arguments.insert(arguments.begin(), "audit");
    arguments.push_back("--auth=127.0.0.1:" + std::to_string(suite_.port("auth")));
    arguments.push_back("--certs=" + suite_.certs());
    arguments.push_back("--identity=operator");
    arguments.push_back("--token-file=" + token_file);
    out_.str("");
    err_.str("");
    std::istringstream in;
    return static_cast<int>(cli::RunCommandLine(cli::AuditCommands(), arguments, {},
                                                {.in = in, .out = out_, .err = err_}));
  }
  // What verify printed to be kept.
  std::string Link() const {
    const std::string text = out_.str();
    const std::size_t at = text.rfind(' ') + 1;
    return text.substr(at, text.size() - at - 1);
  }
  std::vector<audit::Event> Exported() {
    EXPECT_EQ(Run({"export"}), 0) << err_.str();
    std::vector<audit::Event> events;
    std::istringstream lines(out_.str());
    for (std::string line; std::getline(lines, line);) {
      const auto event = cli::EventOfJsonLine(line);
      EXPECT_TRUE(event) << line;
      if (event) events.push_back(*event);
    }
    return events;
  }
  // Until the façade's queue has brought it.
  std::vector<audit::Event> ExportedWith(const std::string& kind) {
    for (;;) {
      std::vector<audit::Event> events = Exported();
      for (const audit::Event& event : events) {
        if (event.kind == kind) return events;
      }
    }
  }
  // All in one transaction: the service goes on writing meanwhile.
  void Execute(const std::vector<std::string>& statements) {
    soci::session session(soci::sqlite3, "db=" + suite_.dir() + "/users.db timeout=10");
    session << "begin immediate";
    for (const std::string& statement : statements) session << statement;
    session << "commit";
  }

  Suite suite_{SuiteOptions{.limited = true, .flags = {}}};
  std::unique_ptr<FacadeClient> client_;
  std::unique_ptr<Admin> admin_;
  std::ostringstream out_, err_;
};

TEST_F(AuditTest, HoldsWhatHappenedAndNoSecretOfIt) {
  const std::string email = FreshEmail();
  const auto registered = client_->Register(email, kMarkedPassword);
  ASSERT_TRUE(registered.ok()) << registered.status();
  EXPECT_FALSE(client_->Login(email, kMarkedGuess).ok());
  EXPECT_FALSE(client_->Login("nobody-" + email, kMarkedGuess).ok());
  const auto login = client_->Login(email, kMarkedPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  const auto refreshed = client_->Refresh(login->tokens().refresh_token());
  ASSERT_TRUE(refreshed.ok()) << refreshed.status();
  ASSERT_TRUE(client_->Logout(refreshed->access_token()).ok());

  const std::vector<audit::Event> events = ExportedWith("session.revoked");
  std::multiset<std::string> kinds;
  for (const audit::Event& event : events) {
    kinds.insert(event.kind);
    if (event.kind != "login.failed" && event.kind != "admin.read") {
      EXPECT_EQ(event.user_id, registered->user().user_id()) << event.kind;
    }
    EXPECT_FALSE(event.trace_id.empty()) << event.kind;
  }
  EXPECT_EQ(kinds.count("account.created"), 1u);
  EXPECT_EQ(kinds.count("login.failed"), 2u);
  EXPECT_EQ(kinds.count("login.succeeded"), 1u);
  EXPECT_EQ(kinds.count("session.revoked"), 1u);

  // In no event, and nowhere in the database's files.
  std::string everything = out_.str();
  for (const char* suffix : {"", "-wal"})
    everything += ReadAll(suite_.dir() + "/users.db" + suffix);
  for (const std::string& secret :
       {std::string("MARKED"), registered->tokens().refresh_token(),
        registered->tokens().access_token(), login->tokens().refresh_token(),
        login->tokens().access_token(), refreshed->refresh_token(), refreshed->access_token()}) {
    EXPECT_EQ(everything.find(secret), std::string::npos) << secret.substr(0, 8);
  }
}

TEST_F(AuditTest, IsListedByUserAndKindNewestFirst) {
  const std::string email = FreshEmail();
  const auto registered = client_->Register(email, kMarkedPassword);
  ASSERT_TRUE(registered.ok());
  ASSERT_TRUE(client_->Register(FreshEmail(), kMarkedPassword).ok());
  ASSERT_TRUE(client_->Login(email, kMarkedPassword).ok());
  const std::string user = "--user-id=" + registered->user().user_id();
  ASSERT_EQ(Run({"list", user}), 0) << err_.str();
  const std::string both = out_.str();
  EXPECT_LT(both.find("login.succeeded"), both.find("account.created"));
  EXPECT_EQ(std::count(both.begin(), both.end(), '\n'), 2);
  ASSERT_EQ(Run({"list", user, "--kind=account.created"}), 0);
  const std::string one = out_.str();
  EXPECT_EQ(std::count(one.begin(), one.end(), '\n'), 1);
  ASSERT_EQ(Run({"list", user, "--limit=1"}), 0);
  EXPECT_NE(out_.str().find("login.succeeded"), std::string::npos);
  ASSERT_EQ(Run({"list", user, "--until=2020-01-01T00:00:00Z"}), 0);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(AuditTest, VerifyFindsWhatSomebodyDidToTheDatabase) {
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(client_->Register(FreshEmail(), kMarkedPassword).ok());
  ASSERT_EQ(Run({"verify"}), 0) << err_.str();
  const std::string kept = Link();

  // Kill the service in the middle of its work: nothing is broken by that.
  suite_.process("users").Kill(SIGKILL);
  suite_.process("users").WaitForEnd(std::chrono::seconds(10));
  suite_.StartProcess("users");
  ASSERT_TRUE(suite_.WaitReady("users"));
  while (!client_->Register(FreshEmail(), kMarkedPassword).ok()) {
  }
  ASSERT_EQ(Run({"verify", "--expect=" + kept}), 0) << err_.str();
  ASSERT_EQ(Run({"verify", "--after=" + kept}), 0) << err_.str();

  Execute({"update audit_events set ip_address = '192.0.2.66' where sequence = 3"});
  EXPECT_EQ(Run({"verify"}), 7);
  EXPECT_NE(err_.str().find("event 3 "), std::string::npos) << err_.str();
  EXPECT_EQ(Run({"verify", "--after=" + kept}), 0) << "what lies before is not looked at";

  Execute({"delete from audit_events where sequence >= 3",
           "update audit_head set sequence = 2, hash = "
           "(select hash from audit_events where sequence = 2)"});
  ASSERT_EQ(Run({"verify", "--expect=" + kept}), 7);
  EXPECT_NE(err_.str().find("cut off"), std::string::npos) << err_.str();
}

TEST_F(AuditTest, TheServicesLogKeepsTheEndOfTheChain) {
  ASSERT_TRUE(client_->Register(FreshEmail(), kMarkedPassword).ok());
  suite_.process("users").Kill(SIGTERM);
  ASSERT_TRUE(suite_.process("users").WaitForEnd(std::chrono::seconds(30)));
  const std::string log = ReadAll(suite_.log("users"));
  const std::string name = "\"audit_link\":\"";
  const std::size_t at = log.rfind(name);
  ASSERT_NE(at, std::string::npos);
  const std::size_t begin = at + name.size();
  const std::string link = log.substr(begin, log.find('"', begin) - begin);
  suite_.StartProcess("users");
  ASSERT_TRUE(suite_.WaitReady("users"));
  while (!client_->Register(FreshEmail(), kMarkedPassword).ok()) {
  }
  EXPECT_EQ(Run({"verify", "--expect=" + link}), 0) << err_.str();
}

}  // namespace
}  // namespace tokenforge::systemtest
