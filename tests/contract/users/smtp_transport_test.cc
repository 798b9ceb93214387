// SmtpTransport against a real mail server.
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/users/mail_message.h"
#include "services/users/mail_transport_smtp.h"
#include "tests/lib/mail/smtp_server.h"

namespace tokenforge::users {
namespace {

using email::CanonicalEmail;
using ::testing::ElementsAre;
using tokenforge::testing::ReceivedMail;
using tokenforge::testing::SmtpServer;
using StartTls = SmtpOptions::StartTls;

MailEnvelope Mail(const std::string& text = "Hello\n.\n..\nworld") {
  const CanonicalEmail from = *CanonicalEmail::Parse("no-reply@example.org");
  const CanonicalEmail to = *CanonicalEmail::Parse("ann+tag@example.org");
  return {.from = from,
          .to = to,
          .name = "id",
          .bytes = BytesOf({.from = {.name = "", .address = from},
                            .to = to,
                            .id = "id",
                            .date = {},
                            .content = {.subject = "Hi", .text = text, .html = "<p>Hi</p>"}})};
}

SmtpOptions Plain(const std::string& url) {
  return {.server = url, .starttls = StartTls::kOff, .timeout = std::chrono::seconds(60)};
}

TEST(SmtpTransport, DeliversAMailToTheByte) {
  SmtpServer server;
  SmtpTransport transport(Plain(server.url()));
  const MailEnvelope mail = Mail(std::string(20'000, 'x'));
  const Delivery delivery = transport.Send(mail);
  EXPECT_EQ(delivery.result, Delivery::kSent) << delivery.detail;
  const ReceivedMail received = server.NextMail();
  EXPECT_EQ(received.from, "no-reply@example.org");
  EXPECT_THAT(received.to, ElementsAre("ann+tag@example.org"));
  EXPECT_EQ(received.bytes, mail.bytes);
}

TEST(SmtpTransport, TellsWhatIsRefusedForGoodFromWhatIsRefusedForNow) {
  SmtpServer server;
  SmtpTransport transport(Plain(server.url()));
  const auto result = [&](const char* behaviour) {
    server.Behave(behaviour);
    return transport.Send(Mail()).result;
  };
  EXPECT_EQ(result(R"({"rcpt": "550 5.1.1 no such user"})"), Delivery::kRefused);
  EXPECT_EQ(result(R"({"rcpt": "450 4.2.1 greylisted"})"), Delivery::kUnsent);
  EXPECT_EQ(result(R"({"data": "554 5.7.1 looks like spam"})"), Delivery::kRefused);
  EXPECT_EQ(result(R"({"data": "451 4.3.0 try later"})"), Delivery::kUnsent);
  EXPECT_FALSE(server.HasMail());
  EXPECT_EQ(result("{}"), Delivery::kSent);
}

TEST(SmtpTransport, TriesLaterWhenNobodyAnswersOrTheConnectionIsCut) {
  int port = 0;
  {
    SmtpServer server;
    port = server.port();
    SmtpTransport transport(Plain(server.url()));
    server.Behave(R"({"cut": true})");
    EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
    EXPECT_NO_THROW(server.NextMail());  // it came all the same: nobody can know
  }
  SmtpTransport transport(Plain("smtp://127.0.0.1:" + std::to_string(port)));
  EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
}

TEST(SmtpTransport, GivesUpOnAServerThatIsSlowerThanItsTimeout) {
  SmtpServer server;
  server.Behave(R"({"hold": true})");
  SmtpOptions options = Plain(server.url());
  options.timeout = std::chrono::milliseconds(500);
  SmtpTransport transport(std::move(options));
  EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
}

TEST(SmtpTransport, IsBrokenOffByAbort) {
  SmtpServer server;
  server.Behave(R"({"hold": true})");
  SmtpTransport transport(Plain(server.url()));
  auto sending = std::async(std::launch::async, [&] { return transport.Send(Mail()).result; });
  server.AwaitHeld();
  transport.Abort();
  EXPECT_EQ(sending.get(), Delivery::kUnsent);
}

class SmtpOverTls : public ::testing::Test {
 protected:
  SmtpOverTls() {
    std::string pattern = std::filesystem::temp_directory_path() / "tf-smtp-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = pattern;
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        "-subj /CN=mail.test -addext subjectAltName=IP:127.0.0.1 -keyout " +
        key() + " -out " + certificate() + " 2>/dev/null";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("openssl failed");
    server_ = std::make_unique<SmtpServer>(certificate(), key());
  }
  ~SmtpOverTls() override { std::filesystem::remove_all(folder_); }

  std::string certificate() const { return folder_ + "/cert.pem"; }
  std::string key() const { return folder_ + "/key.pem"; }
  SmtpOptions Options(const char* password = "a mail secret") const {
    SmtpOptions options = Plain(server_->url());
    options.starttls = StartTls::kRequired;
    options.ca_file = certificate();
    options.user = "mailer";
    options.password = secret::Secret(password);
    return options;
  }

  std::string folder_;
  std::unique_ptr<SmtpServer> server_;
};

TEST_F(SmtpOverTls, DeliversAfterStartTlsAndALogin) {
  SmtpTransport transport(Options());
  const Delivery delivery = transport.Send(Mail());
  EXPECT_EQ(delivery.result, Delivery::kSent) << delivery.detail << delivery.code;
  EXPECT_TRUE(server_->NextMail().tls);
}

TEST_F(SmtpOverTls, AWrongPasswordIsNoRefusalOfTheMail) {
  SmtpTransport transport(Options("another secret"));
  EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
}

TEST_F(SmtpOverTls, SendsNothingToAServerThatNobodyWeTrustVouchesFor) {
  SmtpOptions options = Options();
  options.ca_file = "";
  SmtpTransport transport(std::move(options));
  EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
  EXPECT_FALSE(server_->HasMail());
}

TEST(SmtpTransport, SendsNothingWithoutStartTlsWhereItIsRequired) {
  SmtpServer server;
  SmtpOptions options = Plain(server.url());
  options.starttls = StartTls::kRequired;
  SmtpTransport transport(std::move(options));
  EXPECT_EQ(transport.Send(Mail()).result, Delivery::kUnsent);
  EXPECT_FALSE(server.HasMail());
}

}  // namespace
}  // namespace tokenforge::users
