// How an account gets a second factor and loses it.
#include "services/users/factors.h"

#include <gmock/gmock.h>

#include "services/users/recovery_code.h"
#include "tests/services/users/factor_fixture.h"

namespace tokenforge::users {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

using FactorsTest = FactorTest;

TEST_F(FactorsTest, EnrolmentIsNotInForceUntilItIsConfirmed) {
  const auto enrolled = Wait(factors_.Enroll(InAMinute(), kAda, kApp));
  ASSERT_TRUE(enrolled.ok()) << enrolled.status();
  EXPECT_EQ(enrolled->secret.size(), 32u);
  EXPECT_THAT(std::string(enrolled->otpauth_uri.Expose()),
              StartsWith("otpauth://totp/TokenForge:ada%40example.org?secret=" +
                         std::string(enrolled->secret.Expose()) + "&issuer=TokenForge"));
  EXPECT_FALSE(Find().mfa_enabled);

  clock_.Advance(std::chrono::hours(1));
  const auto codes = Confirm(CodeNow(FromBase32(enrolled->secret.Expose())));
  ASSERT_TRUE(codes.ok()) << codes.status();
  EXPECT_THAT(*codes, SizeIs(10));
  EXPECT_TRUE(Find().mfa_enabled);
  EXPECT_EQ(Find().update_time, clock_.Now());
  EXPECT_THAT(Events(), ElementsAre("factor.enrolled", "factor.confirmed"));
  EXPECT_THAT(Mails(), ElementsAre("factor_enabled"));
}

TEST_F(FactorsTest, EnrollingAgainReplacesTheSecretThatWaited) {
  const Secret first = Enroll().value();
  const Secret second = Enroll().value();
  EXPECT_FALSE(first.Equals(second));
  EXPECT_EQ(ReasonOf(Confirm(CodeNow(first)).status()), reasons::CODE_INVALID);
  EXPECT_TRUE(Confirm(CodeNow(second)).ok());
}

TEST_F(FactorsTest, NeitherEnrollsNorConfirmsASecondOne) {
  EnableFactor();
  EXPECT_EQ(ReasonOf(Enroll().status()), reasons::MFA_ALREADY_ENABLED);
  EXPECT_EQ(ReasonOf(Confirm(CodeNow(secret_)).status()), reasons::MFA_ALREADY_ENABLED);
}

TEST_F(FactorsTest, FiveWrongCodesEndAnEnrolment) {
  const Secret secret = Enroll().value();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(ReasonOf(Confirm(WrongCode(secret)).status()), reasons::CODE_INVALID);
  }
  EXPECT_TRUE(Confirm(CodeNow(secret)).ok()) << "the fifth may be right";
  ASSERT_TRUE(Disable().ok());

  const Secret other = Enroll().value();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ReasonOf(Confirm(WrongCode(other)).status()), reasons::CODE_INVALID);
  }
  EXPECT_EQ(ReasonOf(Confirm(CodeNow(other)).status()), reasons::MFA_NOT_ENABLED);
  EXPECT_FALSE(Find().mfa_enabled);
}

TEST_F(FactorsTest, AnotherUsersCodeConfirmsNothing) {
  const Secret adas = Enroll(kAda).value();
  const Secret bobs = Enroll(kBob).value();
  EXPECT_EQ(ReasonOf(Confirm(CodeNow(adas), kBob).status()), reasons::CODE_INVALID);
  EXPECT_TRUE(Confirm(CodeNow(bobs), kBob).ok());
  EXPECT_FALSE(Find(kAda).mfa_enabled);
}

TEST_F(FactorsTest, DisablingNeedsThePassword) {
  EnableFactor();
  EXPECT_EQ(ReasonOf(Disable("wrong")), reasons::INVALID_CREDENTIALS);
  EXPECT_TRUE(Find().mfa_enabled);
  EXPECT_TRUE(Disable().ok());
  EXPECT_FALSE(Find().mfa_enabled);
  EXPECT_EQ(ReasonOf(Disable("wrong")), reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Disable()), reasons::MFA_NOT_ENABLED);
  EXPECT_THAT(Events(), ElementsAre("factor.enrolled", "factor.confirmed", "factor.disable_refused",
                                    "factor.disabled", "factor.disable_refused"));
  EXPECT_THAT(Mails(), ElementsAre("factor_enabled", "factor_disabled"));
}

TEST_F(FactorsTest, DisablingEndsLoginsThatWaitForACode) {
  EnableFactor();
  const std::string challenge = Open();
  ASSERT_TRUE(Disable().ok());
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
  EnableFactor();
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
}

TEST_F(FactorsTest, UnknownUsersAndWhatIsNoIdAreRefused) {
  const std::string nobody = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b79";
  EXPECT_EQ(ReasonOf(Enroll(nobody).status()), reasons::NOT_FOUND);
  EXPECT_EQ(ReasonOf(Confirm("123456", nobody).status()), reasons::NOT_FOUND);
  EXPECT_EQ(ReasonOf(Enroll("ADA").status()), reasons::INVALID_FIELD);
}

// Whoever reads the database learns neither a secret nor a code.
TEST_F(FactorsTest, DatabaseHoldsNoSecretInTheClear) {
  EnableFactor();
  const std::string challenge = Open();
  auto read = [&](SqlSession& session) -> absl::StatusOr<std::string> {
    std::string secret, recovery, hash;
    session.soci() << "select secret, recovery_hashes from second_factors", soci::into(secret),
        soci::into(recovery);
    session.soci() << "select hash from login_challenges", soci::into(hash);
    return secret + " " + recovery + " " + hash;
  };
  const std::string stored = Wait(accounts_.database().Run(InAMinute(), "Test", read)).value();
  EXPECT_THAT(stored, StartsWith("one."));
  EXPECT_THAT(stored, Not(HasSubstr(std::string(Base32(secret_).Expose()))));
  EXPECT_THAT(stored, Not(HasSubstr(absl::BytesToHexString(std::string(secret_.Expose())))));
  EXPECT_THAT(stored, Not(HasSubstr(challenge)));
  for (const Secret& code : recovery_) {
    EXPECT_THAT(stored, Not(HasSubstr(std::string(code.Expose()))));
    EXPECT_THAT(stored, HasSubstr(*RecoveryCodeHash(kAda, code.Expose())));
  }
}

// Whoever writes the database cannot put their own secret into another's row.
TEST_F(FactorsTest, SecretMovedToAnotherAccountDoesNotOpen) {
  EnableFactor(kBob);
  EnableFactor(kAda);
  auto copy = [&](SqlSession& session) -> absl::Status {
    session.soci() << "update second_factors set secret = (select secret from second_factors "
                      "where user_id = '"
                   << kBob << "')";
    return absl::OkStatus();
  };
  ASSERT_TRUE(Wait(accounts_.database().Run(InAMinute(), "Test", copy)).ok());
  const absl::Status refused = Complete(Open(), CodeNow(secret_)).status();
  EXPECT_EQ(ReasonOf(refused), reasons::INTERNAL_FAULT);
}

TEST_F(FactorsTest, WithoutKeysNothingIsEnrolledAndNobodyGetsPastTheirSecondFactor) {
  EnableFactor();
  const std::string challenge = Open();
  const FactorSecrets none(nullptr);
  Factors factors(store_, hashing_, none, "TokenForge", clock_);
  const absl::Status refused = Wait(factors.Enroll(InAMinute(), kBob, kApp)).status();
  EXPECT_EQ(ReasonOf(refused), reasons::MFA_NOT_ENABLED);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("factor-key-file"));
  FactorLogin login(store_, none, clock_);
  EXPECT_EQ(ReasonOf(Wait(login.Open(InAMinute(), kAda, "", kApp)).status()),
            reasons::MFA_NOT_ENABLED);
  auto completing =
      login.Complete(InAMinute(), kAda, challenge, {kTotp, Secret(CodeNow(secret_))}, kApp);
  EXPECT_EQ(ReasonOf(Wait(std::move(completing)).status()), reasons::MFA_NOT_ENABLED);
}

}  // namespace
}  // namespace tokenforge::users
