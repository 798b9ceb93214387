// Administration through real processes and the real command line: the first administrator, roles
// that reach tokens and guards, an import that logs in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "lib/rpc/status.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::systemtest {
namespace {

using ::testing::HasSubstr;
using Admin = auth::v1::AdminService::Stub;

// bcrypt of kImportedPassword, made by Python's crypt module.
constexpr const char* kImportedPassword = "pumpkin tractor violin";
constexpr const char* kImportedHash =
    "$2b$04$8mVyDurD8ZTqm7R7/v02A.WN18Nk3EV6Dpwb93hdsCzIGxjDK.ZqC";

class Administration : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    suite_.Start();
    client_ = std::make_unique<FacadeClient>(suite_.Connect("auth"));
    admin_ = auth::v1::AdminService::NewStub(suite_.Connect("auth", "operator"));
  }

  std::string LogText(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(suite_.log(name)).rdbuf();
    return text.str();
  }
  // Runs the command line to its end: the exit code.
  int Run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {TOKENFORGE_CLI, "admin"});
    ChildProcess child;
    EXPECT_TRUE(child.Start(arguments, suite_.log("cli")));
    EXPECT_TRUE(child.WaitForEnd(std::chrono::seconds(60)));
    return child.exit_code();
  }
  int Bootstrap(const std::string& email, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"bootstrap", "--email=" + email, suite_.database_flag()});
    return Run(std::move(more));
  }
  std::string SecretFile(const std::string& name, const std::string& content) {
    const std::string path = suite_.dir() + "/" + name;
    std::ofstream(path) << content << "\n";
    ::chmod(path.c_str(), 0600);
    return path;
  }
  int Import(const std::string& email, const std::string& file) {
    return Run(
        {"import", file, "--email=" + email, "--password-file=" + SecretFile("password", kPassword),
         "--auth=127.0.0.1:" + std::to_string(suite_.port("auth")), "--certs=" + suite_.certs()});
  }
  int Keys(std::vector<std::string> arguments, const std::string& email) {
    arguments.insert(arguments.begin(), "keys");
    if (arguments[1] != "list") arguments.push_back("--yes");
    for (const std::string& flag :
         {"--email=" + email, "--password-file=" + SecretFile("password", kPassword),
          "--auth=127.0.0.1:" + std::to_string(suite_.port("auth")), "--certs=" + suite_.certs()}) {
      arguments.push_back(flag);
    }
    return Run(std::move(arguments));
  }
  auth::v1::Tokens NewPerson(const std::string& email) {
    const auto registered = client_->Register(email, kPassword);
    EXPECT_TRUE(registered.ok()) << registered.status();
    return registered.ok() ? registered->tokens() : auth::v1::Tokens();
  }
  std::string TokenOf(const std::string& email) {
    const auto login = client_->Login(email, kPassword);
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? login->tokens().access_token() : "";
  }
  template <class Request, class Response>
  std::string Ask(grpc::Status (Admin::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response, const std::string& token) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    context.AddMetadata("authorization", "Bearer " + token);
    const grpc::Status status = ((*admin_).*method)(&context, request, response);
    return ReasonName(status.ok() ? absl::OkStatus() : rpc::FromGrpc(status));
  }
  // What the façade's guard says to somebody who calls what only administrators may.
  std::string Probe(const std::string& token) {
    auth::v1::ListSigningKeysResponse response;
    return Ask(&Admin::ListSigningKeys, auth::v1::ListSigningKeysRequest(), &response, token);
  }

  Suite suite_{SuiteOptions{.postgres = GetParam(), .flags = {}}};
  std::unique_ptr<FacadeClient> client_;
  std::unique_ptr<Admin> admin_;
};

INSTANTIATE_TEST_SUITE_P(Databases, Administration, testing::Values(false, true),
                         [](const auto& which) { return which.param ? "PostgreSql" : "Sqlite"; });

TEST_P(Administration, BeginsOnTheHostAndOnlyOnce) {
  const std::string ada = FreshEmail(), bob = FreshEmail(), eve = FreshEmail();
  const std::string before = NewPerson(ada).access_token();
  NewPerson(bob);
  EXPECT_EQ(Bootstrap(ada), 0) << LogText("cli");
  EXPECT_EQ(Probe(before), "ROLE_REQUIRED") << "a role is in the next token";
  EXPECT_EQ(Probe(TokenOf(ada)), "OK");
  EXPECT_EQ(Bootstrap(bob), 1);
  EXPECT_EQ(Probe(TokenOf(bob)), "ROLE_REQUIRED");
  EXPECT_EQ(Bootstrap(bob, {"--again"}), 0) << LogText("cli");
  EXPECT_EQ(Probe(TokenOf(bob)), "OK");
  // An account that is made: by the policy of the service, and it logs in.
  EXPECT_EQ(Bootstrap(eve, {"--again", "--password-file=" + SecretFile("weak", "short")}), 1);
  EXPECT_EQ(Bootstrap(eve, {"--again", "--password-file=" + SecretFile("new", kPassword)}), 0)
      << LogText("cli");
  EXPECT_EQ(Probe(TokenOf(eve)), "OK");
}

TEST_P(Administration, TheCommandLineRevokesKeysAndSessions) {
  const std::string ada = FreshEmail();
  NewPerson(ada);
  ASSERT_EQ(Bootstrap(ada), 0) << LogText("cli");
  const auto login = client_->Login(ada, kPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  const auth::v1::Tokens& tokens = login->tokens();
  const std::string file = suite_.dir() + "/admin.token";
  EXPECT_EQ(
      Run({"token", "--file=" + file, "--email=" + ada,
           "--password-file=" + SecretFile("password", kPassword),
           "--auth=127.0.0.1:" + std::to_string(suite_.port("auth")), "--certs=" + suite_.certs()}),
      0)
      << LogText("cli");
  std::string kept;
  std::ifstream(file) >> kept;
  EXPECT_EQ(Probe(kept), "OK") << "its session was not ended";
  struct stat mode = {};
  ASSERT_EQ(::stat(file.c_str(), &mode), 0);
  EXPECT_EQ(mode.st_mode & 0777, 0600U);
  EXPECT_EQ(Keys({"list"}, ada), 0) << LogText("cli");
  EXPECT_THAT(LogText("cli"), HasSubstr("  ES256      active  "));
  EXPECT_EQ(Keys({"revoke", "--reason=drill"}, ada), 2) << "which key?";
  EXPECT_EQ(Keys({"revoke", "--reason=drill", "--kid=nobody"}, ada), 1);
  EXPECT_THAT(LogText("cli"), HasSubstr("NOT_FOUND"));
  EXPECT_EQ(Probe(tokens.access_token()), "OK");
  // No key of now is trusted any more, and refreshing helps.
  EXPECT_EQ(Keys({"revoke-all", "--reason=drill"}, ada), 0) << LogText("cli");
  EXPECT_THAT(Probe(tokens.access_token()), testing::AnyOf("TOKEN_REVOKED", "TOKEN_UNKNOWN_KEY"));
  const auto next = client_->Refresh(tokens.refresh_token());
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(Probe(next->access_token()), "OK");
  // The worst day: nor is any session.
  EXPECT_EQ(Keys({"revoke-all", "--end-sessions", "--reason=drill"}, ada), 0) << LogText("cli");
  EXPECT_FALSE(client_->Refresh(next->refresh_token()).ok());
  EXPECT_EQ(Probe(TokenOf(ada)), "OK");
}

TEST_P(Administration, RolesReachTheNextTokenAndEndTheOthersWhenAsked) {
  const std::string ada = FreshEmail(), bob = FreshEmail();
  NewPerson(ada);
  ASSERT_EQ(Bootstrap(ada), 0) << LogText("cli");
  const std::string admins = TokenOf(ada);
  const auto bobs = client_->Register(bob, kPassword);
  ASSERT_TRUE(bobs.ok());
  auth::v1::SetUserRolesRequest request;
  request.set_user_id(bobs->user().user_id());
  request.add_roles("admin");
  auth::v1::SetUserRolesResponse response;
  EXPECT_EQ(Probe(bobs->tokens().access_token()), "ROLE_REQUIRED");
  ASSERT_EQ(Ask(&Admin::SetUserRoles, request, &response, admins), "OK");
  EXPECT_EQ(Probe(bobs->tokens().access_token()), "ROLE_REQUIRED");
  const auto next = client_->Refresh(bobs->tokens().refresh_token());
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_EQ(Probe(next->access_token()), "OK");

  request.clear_roles();
  request.set_end_sessions(true);
  ASSERT_EQ(Ask(&Admin::SetUserRoles, request, &response, admins), "OK");
  EXPECT_EQ(Probe(next->access_token()), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonName(client_->Refresh(next->refresh_token()).status()), "SESSION_ENDED");
  EXPECT_EQ(Probe(TokenOf(bob)), "ROLE_REQUIRED");
}

TEST_P(Administration, ImportsAccountsThatLogInAndGoesOn) {
  const std::string ada = FreshEmail();
  NewPerson(ada);
  ASSERT_EQ(Bootstrap(ada), 0) << LogText("cli");
  const std::string file = suite_.dir() + "/users.jsonl";
  {
    std::ofstream out(file);
    for (int i = 0; i < 2500; ++i) {
      out << R"({"email":"imported)" << i << R"(@example.org","password_hash":")" << kImportedHash
          << R"(","roles":["user"]})" << "\n";
    }
  }
  EXPECT_EQ(Import(ada, file), 0) << LogText("cli");
  const auto login = client_->Login("imported2499@example.org", kImportedPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_THAT(login->user().roles(), testing::ElementsAre("user"));
  EXPECT_FALSE(client_->Login("imported2499@example.org", kPassword).ok());

  std::ofstream(file, std::ios::app)
      << R"({"email":"imported7@example.org","password_hash":")" << kImportedHash << "\"}\n"
      << R"({"email":"last@example.org","password_hash":"$2b$31$none"})" << "\n";
  EXPECT_EQ(Import(ada, file), 5) << LogText("cli");
  std::ostringstream faults;
  faults << std::ifstream(file + ".faults.jsonl").rdbuf();
  EXPECT_THAT(faults.str(), HasSubstr(R"({"line":2501,"reason":"EMAIL_TAKEN")"));
  EXPECT_THAT(faults.str(), HasSubstr(R"({"line":2502,"reason":"INVALID_FIELD")"));
  EXPECT_THAT(LogText("cli"), testing::Not(HasSubstr(kPassword)));
}

}  // namespace
}  // namespace tokenforge::systemtest
