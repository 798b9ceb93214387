#include "services/users/passwords.h"

#include <future>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "tests/services/users/mail_desk.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;
namespace reasons = errors::reasons;

constexpr const char* kOld = "an old password of Ann";
constexpr const char* kNew = "a new password of Ann";
const Origin kOrigin{.ip_address = "192.0.2.1", .device_name = "Ann's phone"};

class PasswordsTest : public testing::Test {
 protected:
  PasswordsTest() {
    NewAccount ann{.user_id = uuid::NewId(),
                   .email = *CanonicalEmail::Parse("ann@example.org"),
                   .given_name = "Ann",
                   .family_name = "O'Neill",
                   .password_hash = *desk_.hasher.Hash(Secret(kOld)),
                   .create_time = desk_.clock.Now()};
    ann_ = ann.user_id;
    EXPECT_TRUE(Wait(desk_.sqlite.store().Create(InAMinute(), std::move(ann), {})).ok());
  }

  absl::StatusOr<Account> Change(const char* current, const char* wanted,
                                 const std::string& kept = "kept") {
    Passwords::Replacement replacement{.user_id = ann_,
                                       .current = Secret(current),
                                       .wanted = Secret(wanted),
                                       .kept_session_id = kept};
    return Wait(desk_.passwords.Change(InAMinute(), std::move(replacement), kOrigin));
  }
  absl::Status BeginReset(const char* email) {
    return Wait(desk_.passwords.BeginReset(InAMinute(), email, kOrigin));
  }
  absl::StatusOr<Account> Reset(const std::string& token, const char* wanted = kNew) {
    return Wait(desk_.passwords.CompleteReset(InAMinute(), Secret(token), Secret(wanted), kOrigin));
  }
  absl::StatusOr<Account> Verify(const std::string& token) {
    return Wait(desk_.passwords.CompleteVerification(InAMinute(), Secret(token), kOrigin));
  }
  std::string MailedResetToken() {
    EXPECT_TRUE(BeginReset("ann@example.org").ok());
    const auto mails = desk_.Send();
    return mails.empty() ? "" : TokenIn(mails.back());
  }
  bool Opens(const char* password) {
    const auto found = Wait(desk_.sqlite.store().FindCredentialsById(InAMinute(), ann_));
    return *desk_.hasher.Matches(Secret(password), &found->password_hash);
  }
  Account Ann() { return *Wait(desk_.sqlite.store().FindById(InAMinute(), ann_)); }

  MailDesk desk_;
  std::string ann_;
};

TEST_F(PasswordsTest, ChangeSetsThePasswordEndsSessionsAndTellsTheOwner) {
  desk_.clock.Advance(std::chrono::hours(1));
  const auto changed = Change(kOld, kNew, "this-session");
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_TRUE(Opens(kNew));
  EXPECT_FALSE(Opens(kOld));
  EXPECT_EQ(changed->sessions_valid_from, desk_.clock.Now());
  EXPECT_EQ(changed->kept_session_id, "this-session");
  const auto mails = desk_.Send();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_EQ(mails[0].to.text(), "ann@example.org");
  EXPECT_NE(TextOf(mails[0]).find("192.0.2.1"), std::string::npos);
}

TEST_F(PasswordsTest, ChangeRefusesAnotherPresentPasswordAndLeavesATraceOfIt) {
  EXPECT_EQ(ReasonOf(Change(kNew, kNew).status()), reasons::INVALID_CREDENTIALS);
  EXPECT_TRUE(Opens(kOld));
  EXPECT_EQ(desk_.Waiting(), 0);
  EXPECT_THAT(desk_.sqlite.Events(), testing::ElementsAre("password.change_refused"));
}

TEST_F(PasswordsTest, ChangeTellsOfAWeakOrADisabledOnlyAfterTheRightPresentPassword) {
  EXPECT_EQ(ReasonOf(Change(kNew, "password").status()), reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Change(kOld, "password").status()), reasons::WEAK_PASSWORD);
  EXPECT_EQ(ReasonOf(Change(kOld, kOld).status()), reasons::WEAK_PASSWORD);
  desk_.sqlite.SetDisabled(ann_, true);
  EXPECT_EQ(ReasonOf(Change(kNew, kNew).status()), reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Change(kOld, kNew).status()), reasons::ACCOUNT_DISABLED);
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(PasswordsTest, OfChangesThatRaceOneWins) {
  std::vector<std::future<absl::StatusOr<Account>>> racers;
  for (const char* wanted : {"first of the new passwords", "second of the new passwords"}) {
    racers.push_back(
        std::async(std::launch::async, [this, wanted] { return Change(kOld, wanted); }));
  }
  int winners = 0;
  for (auto& racer : racers) {
    const auto changed = racer.get();
    winners += changed.ok() ? 1 : 0;
    if (changed.ok()) continue;
    EXPECT_EQ(ReasonOf(changed.status()), reasons::INVALID_CREDENTIALS);
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(desk_.Waiting(), 1);
}

TEST_F(PasswordsTest, ChangeMakesMailedResetTokensUseless) {
  const std::string token = MailedResetToken();
  ASSERT_TRUE(Change(kOld, kNew).ok());
  EXPECT_EQ(ReasonOf(Reset(token, "yet another password").status()), reasons::CODE_INVALID);
}

TEST_F(PasswordsTest, ResetWithTheMailedTokenSetsThePasswordOnceAndVerifiesTheAddress) {
  const std::string token = MailedResetToken();
  ASSERT_TRUE(token.starts_with("tfp_")) << token;
  const auto reset = Reset(token);
  ASSERT_TRUE(reset.ok()) << reset.status();
  EXPECT_TRUE(Opens(kNew));
  EXPECT_TRUE(reset->email_verified);
  EXPECT_EQ(reset->kept_session_id, "");
  EXPECT_EQ(reset->sessions_valid_from, desk_.clock.Now());
  EXPECT_EQ(ReasonOf(Reset(token, "yet another password").status()), reasons::CODE_INVALID);
  EXPECT_TRUE(Opens(kNew));
}

TEST_F(PasswordsTest, AWeakPasswordDoesNotUseTheTokenUp) {
  const std::string token = MailedResetToken();
  EXPECT_EQ(ReasonOf(Reset(token, "password").status()), reasons::WEAK_PASSWORD);
  EXPECT_EQ(ReasonOf(Reset(token, "ann@example.org").status()), reasons::WEAK_PASSWORD);
  EXPECT_TRUE(Reset(token).ok());
}

TEST_F(PasswordsTest, ATokenEndsAfterHalfAnHour) {
  const std::string token = MailedResetToken();
  desk_.clock.Advance(std::chrono::minutes(30));
  EXPECT_EQ(ReasonOf(Reset(token).status()), reasons::CODE_INVALID);
  desk_.clock.Advance(-std::chrono::seconds(1));
  EXPECT_TRUE(Reset(token).ok());
}

TEST_F(PasswordsTest, ATokenOfADisabledAccountIsGoodForNothing) {
  const std::string token = MailedResetToken();
  desk_.sqlite.SetDisabled(ann_, true);
  EXPECT_EQ(ReasonOf(Reset(token).status()), reasons::CODE_INVALID);
  ASSERT_TRUE(BeginReset("ann@example.org").ok());
  EXPECT_TRUE(desk_.Send().empty());
}

TEST_F(PasswordsTest, WhatIsNoTokenIsRefusedAsAWrongOneIs) {
  for (const std::string& text :
       {std::string("tfp_"), std::string("x"), std::string(47, '\0'),
        std::string(NewToken(TokenPurpose::kPasswordReset).Expose()),
        std::string(NewToken(TokenPurpose::kEmailVerification).Expose())}) {
    EXPECT_EQ(ReasonOf(Reset(text).status()), reasons::CODE_INVALID);
    EXPECT_EQ(ReasonOf(Verify(text).status()), reasons::CODE_INVALID);
  }
}

TEST_F(PasswordsTest, AResetForNobodyIsNotedAllTheSameAndSendsNothing) {
  ASSERT_TRUE(BeginReset("nobody@example.org").ok());
  EXPECT_EQ(desk_.Waiting(), 1);
  EXPECT_TRUE(desk_.Send().empty());
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(PasswordsTest, VerificationWithTheMailedTokenVerifiesTheAddress) {
  ASSERT_TRUE(Wait(desk_.passwords.BeginVerification(InAMinute(), ann_, kOrigin)).ok());
  const auto mails = desk_.Send();
  ASSERT_EQ(mails.size(), 1U);
  EXPECT_FALSE(Ann().email_verified);
  const auto verified = Verify(TokenIn(mails[0]));
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_TRUE(Ann().email_verified);
  EXPECT_EQ(ReasonOf(Verify(TokenIn(mails[0])).status()), reasons::CODE_INVALID);
  ASSERT_TRUE(Wait(desk_.passwords.BeginVerification(InAMinute(), ann_, kOrigin)).ok());
  EXPECT_EQ(desk_.Waiting(), 0);
}

TEST_F(PasswordsTest, APrivateRegistrationIsTheSameCallWhetherTheAddressIsFreeOrNot) {
  for (const char* email : {"ann@example.org", "bob@example.org"}) {
    auto registration = CheckRegistration({.user_id = uuid::NewId(),
                                           .email = email,
                                           .password = kNew,
                                           .given_name = "",
                                           .family_name = ""},
                                          desk_.policy);
    ASSERT_TRUE(
        Wait(desk_.passwords.RegisterPrivately(InAMinute(), *std::move(registration), kOrigin))
            .ok());
  }
  EXPECT_EQ(desk_.Waiting(), 2);
  const auto mails = desk_.Send();
  ASSERT_EQ(mails.size(), 2U);
  for (const MailEnvelope& mail : mails) {
    const bool known = mail.to.text() == "ann@example.org";
    EXPECT_EQ(TokenIn(mail).empty(), known) << TextOf(mail);
  }
  EXPECT_TRUE(Opens(kOld));
  const auto bob = Wait(
      desk_.sqlite.store().FindCredentials(InAMinute(), *CanonicalEmail::Parse("bob@example.org")));
  ASSERT_TRUE(bob.ok());
  EXPECT_TRUE(*desk_.hasher.Matches(Secret(kNew), &bob->password_hash));
}

}  // namespace
}  // namespace tokenforge::users
