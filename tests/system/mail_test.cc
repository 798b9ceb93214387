// What mails open, through four real processes and a real mail server.
#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <string>

#include "absl/strings/escaping.h"
#include "lib/rpc/status.h"
#include "tests/lib/mail/smtp_server.h"
#include "tests/system/connected_guards.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using std::chrono::seconds;
using testing::ReceivedMail;
using testing::SmtpServer;
using Stub = auth::v1::AuthService::Stub;

constexpr char kNewPassword[] = "another staple of horses";

SuiteOptions WithMail(const SmtpServer& server, std::vector<std::string> auth_flags = {}) {
  SuiteOptions options;
  options.flags["users"] = {"--mail-server=" + server.url(), "--mail-starttls=off",
                            "--mail-from=no-reply@example.org",
                            "--mail-link-base=https://app.example.org", "--mail-timeout=2s"};
  options.flags["auth"] = std::move(auth_flags);
  return options;
}

// The text form of a mail: its first part.
std::string TextOf(const ReceivedMail& mail) {
  const std::string mark = "Content-Transfer-Encoding: base64\r\n\r\n";
  const std::size_t begin = mail.bytes.find(mark) + mark.size();
  std::string encoded = mail.bytes.substr(begin, mail.bytes.find("--=_", begin) - begin);
  std::erase_if(encoded, [](char c) { return c == '\r' || c == '\n'; });
  std::string text;
  absl::Base64Unescape(encoded, &text);
  return text;
}

std::string TokenIn(const ReceivedMail& mail) {
  const std::string text = TextOf(mail);
  const std::size_t at = text.find("#token=");
  return at == std::string::npos ? "" : text.substr(at + 7, 47);
}

template <class Request, class Response>
absl::Status Call(const FacadeClient& client,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response, const std::string& token = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + seconds(30));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  const grpc::Status status = (client.stub().*method)(&context, request, response);
  return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
}

absl::Status VerifyEmail(const FacadeClient& client, const std::string& token) {
  auth::v1::VerifyEmailRequest request;
  request.set_token(token);
  auth::v1::VerifyEmailResponse response;
  return Call(client, &Stub::VerifyEmail, request, &response);
}

absl::Status RequestReset(const FacadeClient& client, const std::string& email) {
  auth::v1::RequestPasswordResetRequest request;
  request.set_email(email);
  auth::v1::RequestPasswordResetResponse response;
  return Call(client, &Stub::RequestPasswordReset, request, &response);
}

absl::Status Reset(const FacadeClient& client, const std::string& token) {
  auth::v1::ResetPasswordRequest request;
  request.set_token(token);
  request.set_new_password(kNewPassword);
  auth::v1::ResetPasswordResponse response;
  return Call(client, &Stub::ResetPassword, request, &response);
}

TEST(Mail, FromARegistrationToAVerifiedAddressAndANewPassword) {
  SmtpServer server;
  Suite suite(WithMail(server));
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 2);
  const std::string email = FreshEmail();
  const auto registered = client.Register(email, kPassword);
  ASSERT_TRUE(registered.ok()) << registered.status();
  const auto& old = registered->tokens();

  const ReceivedMail welcome = server.NextMail();
  EXPECT_EQ(welcome.to, std::vector<std::string>{email});
  ASSERT_TRUE(VerifyEmail(client, TokenIn(welcome)).ok());
  EXPECT_TRUE(client.WhoAmI(old.access_token())->user().email_verified());
  EXPECT_EQ(ReasonName(VerifyEmail(client, TokenIn(welcome))), "CODE_INVALID");

  ASSERT_TRUE(guards.WaitUntilAll(true, old.access_token()));
  ASSERT_TRUE(RequestReset(client, "nobody-" + email).ok());
  ASSERT_TRUE(RequestReset(client, email).ok());
  const ReceivedMail reset = server.NextMail();
  EXPECT_EQ(reset.to, std::vector<std::string>{email});
  const absl::Status done = Reset(client, TokenIn(reset));
  ASSERT_TRUE(done.ok()) << done;
  EXPECT_EQ(ReasonName(Reset(client, TokenIn(reset))), "CODE_INVALID");

  EXPECT_TRUE(guards.WaitUntilAll(false, old.access_token()));
  EXPECT_EQ(ReasonName(client.Refresh(old.refresh_token()).status()), "SESSION_ENDED");
  EXPECT_EQ(ReasonName(client.Login(email, kPassword).status()), "INVALID_CREDENTIALS");
  EXPECT_TRUE(client.Login(email, kNewPassword).ok());
  EXPECT_NE(TextOf(server.NextMail()).find("was changed"), std::string::npos);
}

TEST(Mail, AChangeOfThePasswordKeepsThisSessionAndEndsTheOthersAtEveryGuard) {
  SmtpServer server;
  Suite suite(WithMail(server));
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const ConnectedGuards guards(suite, 2);
  const std::string email = FreshEmail();
  const auto kept = client.Register(email, kPassword)->tokens();
  const auto other = client.Login(email, kPassword)->tokens();
  ASSERT_TRUE(guards.WaitUntilAll(true, other.access_token()));

  auth::v1::ChangePasswordRequest request;
  request.set_current_password(kPassword);
  request.set_new_password(kNewPassword);
  auth::v1::ChangePasswordResponse response;
  const absl::Status changed =
      Call(client, &Stub::ChangePassword, request, &response, kept.access_token());
  ASSERT_TRUE(changed.ok()) << changed;
  EXPECT_TRUE(guards.WaitUntilAll(false, other.access_token()));
  EXPECT_EQ(guards.Accepting(kept.access_token()), guards.size());
  EXPECT_TRUE(client.Refresh(kept.refresh_token()).ok());
  EXPECT_EQ(ReasonName(client.Refresh(other.refresh_token()).status()), "SESSION_ENDED");
}

TEST(Mail, AKillBetweenCommitAndSendingLosesNoneAndSendsNoneTwice) {
  SmtpServer server;
  Suite suite(WithMail(server));
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  // The first is caught while it is being sent: the server has it all, and has not said so.
  server.Behave(R"({"hold": true})");
  std::set<std::string> expected;
  const std::string first = FreshEmail();
  expected.insert(first);
  ASSERT_TRUE(client.Register(first, kPassword).ok());
  server.AwaitHeld();
  for (int i = 0; i < 4; ++i) {
    const std::string email = FreshEmail();
    expected.insert(email);
    ASSERT_TRUE(client.Register(email, kPassword).ok());
  }
  suite.process("users").Kill(SIGKILL);
  ASSERT_TRUE(suite.process("users").WaitForEnd(seconds(10)));
  server.Behave(R"({"data": "451 it never was taken"})");
  server.Behave("{}");
  suite.StartProcess("users");
  ASSERT_TRUE(suite.WaitReady("users"));

  std::set<std::string> received;
  while (received.size() < expected.size()) {
    const ReceivedMail mail = server.NextMail();
    EXPECT_TRUE(received.insert(mail.to.at(0)).second) << "twice: " << mail.to.at(0);
  }
  EXPECT_EQ(received, expected);
  EXPECT_FALSE(server.HasMail());
}

TEST(Mail, PrivateRegistrationMakesTheAccountOrTellsTheOwner) {
  SmtpServer server;
  Suite suite(WithMail(server, {"--registration=private"}));
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const std::string email = FreshEmail();
  for (const char* password : {kPassword, kNewPassword}) {
    const auto registered = client.Register(email, password);
    ASSERT_TRUE(registered.ok()) << registered.status();
    EXPECT_EQ(registered->SerializeAsString(), "");
    const ReceivedMail mail = server.NextMail();
    EXPECT_EQ(TokenIn(mail).empty(), password == kNewPassword) << TextOf(mail);
  }
  EXPECT_TRUE(client.Login(email, kPassword).ok());
  EXPECT_FALSE(client.Login(email, kNewPassword).ok());
}

}  // namespace
}  // namespace tokenforge::systemtest
