// Mails: their bytes, their templates, and when they are tried.
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/users/mail_composer.h"
#include "services/users/mail_intents.h"
#include "services/users/mail_templates.h"
#include "tests/services/users/mail_desk.h"

namespace tokenforge::users {
namespace {

using testing::HasSubstr;
using testing::Not;

const CanonicalEmail kAnn = *CanonicalEmail::Parse("ann@example.org");

MailMessage Message(std::string subject) {
  return {.from = {.name = "Token \"Forge\"",
                   .address = *CanonicalEmail::Parse("no-reply@example.org")},
          .to = kAnn,
          .id = "0191f3a2-7c4b",
          .date = clock::WallTime(std::chrono::seconds(1'800'000'000)),
          .content = {.subject = std::move(subject),
                      .text = "Gr\xC3\xBC\xC3\x9F"
                              "e\n.\n",
                      .html = "<p>x</p>"}};
}

TEST(MailMessage, IsBothFormsUnderOneStableId) {
  const std::string bytes = BytesOf(Message("Hello"));
  EXPECT_THAT(bytes, HasSubstr("From: \"Token \\\"Forge\\\"\" <no-reply@example.org>\r\n"));
  EXPECT_THAT(bytes, HasSubstr("To: ann@example.org\r\nSubject: Hello\r\n"));
  EXPECT_THAT(bytes, HasSubstr("Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"));
  EXPECT_THAT(bytes, HasSubstr("Message-ID: <0191f3a2-7c4b@example.org>\r\n"));
  EXPECT_THAT(bytes, HasSubstr("text/plain"));
  EXPECT_THAT(bytes, HasSubstr("text/html"));
  EXPECT_EQ(bytes, BytesOf(Message("Hello")));
}

TEST(MailMessage, EndsEveryLineWithCrLfAndKeepsItShort) {
  MailMessage message = Message("Hello");
  message.content.text = std::string(5000, 'x') + "\n.\n" + std::string(5000, '\n');
  const std::string bytes = BytesOf(message);
  std::size_t begin = 0;
  for (std::size_t end; (end = bytes.find('\n', begin)) != std::string::npos; begin = end + 1) {
    ASSERT_GT(end, 0U);
    EXPECT_EQ(bytes[end - 1], '\r');
    EXPECT_LE(end - begin, 200U);
    EXPECT_NE(bytes.substr(begin, end - begin), ".\r");
  }
  EXPECT_EQ(begin, bytes.size());
}

TEST(MailMessage, LetsNothingEndAHeader) {
  const std::string bytes = BytesOf(Message("x\r\nBcc: eve@example.org\r\n\r\nbody"));
  EXPECT_THAT(bytes, Not(HasSubstr("Bcc:")));
  EXPECT_EQ(HeaderText("plain"), "plain");
  EXPECT_EQ(HeaderText("a\nb"), "=?utf-8?B?YQpi?=");
  EXPECT_EQ(HeaderText("=?utf-8?B?YQ==?="), "=?utf-8?B?PT91dGYtOD9CP1lRPT0/PQ==?=");
}

TEST(MailMessage, EncodesHeadersInWholeCharacters) {
  std::string long_text;
  for (int i = 0; i < 60; ++i) long_text += "\xE2\x82\xAC";
  const std::string header = HeaderText(long_text);
  std::string decoded;
  for (std::size_t at = 0; (at = header.find("?B?", at)) != std::string::npos; ++at) {
    std::string word;
    ASSERT_TRUE(absl::Base64Unescape(header.substr(at + 3, header.find("?=", at) - at - 3), &word));
    EXPECT_EQ(word.size() % 3, 0U);
    decoded += word;
  }
  EXPECT_EQ(decoded, long_text);
}

TEST(MailTemplates, RefuseANameWithoutAValueAndABraceThatIsNone) {
  EXPECT_EQ(*Fill("a {{b}} c", {{"b", "<&>"}}, false), "a <&> c");
  EXPECT_EQ(*Fill("a {{b}} c", {{"b", "<&\"'>"}}, true), "a &lt;&amp;&quot;&#39;&gt; c");
  EXPECT_EQ(*Fill("{{b}}", {{"b", "{{c}}"}}, true), "{{c}}");
  EXPECT_FALSE(Fill("{{c}}", {{"b", ""}}, true).ok());
  EXPECT_FALSE(Fill("{{ b }}", {{"b", ""}}, true).ok());
  EXPECT_FALSE(Fill("{{b", {{"b", ""}}, true).ok());
  EXPECT_FALSE(FillTemplate("no_such_mail", {}).ok());
}

TEST(MailTemplates, EachIsFilledByWhatItsMailIsGiven) {
  const Origin origin{.ip_address = "2001:db8::1",
                      .user_agent = "Browser/1.5 (http://evil.example)"};
  ASSERT_GE(MailKinds().size(), 9U);
  for (const std::string_view kind : MailKinds()) {
    const QueuedMail mail{
        .id = "id", .intent = MailOf(kind, kAnn, "", origin, clock::WallTime()), .attempts = 1};
    const secret::Secret token = TokenOf(kind) ? NewToken(*TokenOf(kind)) : secret::Secret();
    const auto envelope = Compose(StyleForTests(), mail, token, clock::WallTime());
    ASSERT_TRUE(envelope.ok()) << kind << envelope.status();
    const std::string text = TextOf(*envelope);
    EXPECT_THAT(text, HasSubstr("ann@example.org"));
    EXPECT_EQ(!TokenIn(*envelope).empty(), TokenOf(kind).has_value()) << kind;
    EXPECT_THAT(text, Not(HasSubstr("evil.example")));
  }
}

TEST(MailIntents, ShowNothingThatCouldBecomeALink) {
  EXPECT_EQ(Shown("Ann's phone"), "Ann s phone");
  EXPECT_EQ(Shown("Firefox/115.0 (X11; Linux)"), "Firefox/115.0 (X11; Linux)");
  EXPECT_EQ(Shown("http://evil.example/x"), "http //evil example/x");
  EXPECT_EQ(Shown("go to evil.com. now"), "go to evil com  now");
  EXPECT_EQ(Shown("a\r\nb\xE2\x80\xAE"), "a  b");
  EXPECT_LE(Shown(std::string(1000, 'x')).size(), 80U);
}

class MailWorkerTest : public testing::Test {
 protected:
  void Ask() {
    EXPECT_TRUE(Wait(desk_.sqlite.store().Record(
                         InAMinute(), {.mails = {MailOf(mail_kinds::kNewLogin, kAnn, "", {},
                                                        desk_.clock.Now())}}))
                    .ok());
  }
  MailDesk desk_;
};

TEST_F(MailWorkerTest, SendsAMailOnce) {
  Ask();
  EXPECT_EQ(desk_.Send().size(), 1U);
  EXPECT_EQ(desk_.Send().size(), 0U);
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(MailWorkerTest, TriesAgainLaterUnderTheSameNameUntilItIsTaken) {
  Ask();
  desk_.transport.answers = {{.result = Delivery::kUnsent, .code = 451},
                             {.result = Delivery::kUnsent}};
  const auto first = desk_.Send();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_TRUE(desk_.Send().empty());
  desk_.clock.Advance(std::chrono::seconds(15));  // first retry and half of it
  ASSERT_EQ(desk_.Send().size(), 1U);
  EXPECT_TRUE(desk_.Send().empty());
  desk_.clock.Advance(std::chrono::seconds(30));
  const auto last = desk_.Send();
  ASSERT_EQ(last.size(), 1U);
  EXPECT_EQ(last[0].name, first[0].name);
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(MailWorkerTest, GivesUpWhatIsRefusedForGood) {
  Ask();
  desk_.transport.answers = {{.result = Delivery::kRefused, .code = 550}};
  EXPECT_EQ(desk_.Send().size(), 1U);
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(MailWorkerTest, GivesUpWhatIsTooOld) {
  Ask();
  desk_.clock.Advance(std::chrono::hours(25));
  EXPECT_TRUE(desk_.Send().empty());
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(MailWorkerTest, GivesUpARowThatIsNotOursAndGoesOnWithTheNext) {
  Ask();
  const auto spoil = [](SqlSession& session) -> absl::StatusOr<bool> {
    session.soci() << "update mail_outbox set attributes = '{\"device\":'";
    return true;
  };
  ASSERT_TRUE(Wait(desk_.sqlite.database().Run(InAMinute(), "Test", spoil)).ok());
  Ask();
  EXPECT_EQ(desk_.Send().size(), 1U);
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(MailWorkerTest, DropsMailsWithoutAMailServer) {
  Ask();
  MailWorker worker(desk_.outbox, nullptr, StyleForTests(), desk_.clock, {});
  EXPECT_TRUE(worker.WorkOnce());
  EXPECT_EQ(desk_.Waiting(), 0);
}

}  // namespace
}  // namespace tokenforge::users
