// The second step of a login.
#include "services/users/factor_login.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "tests/services/users/factor_fixture.h"

namespace tokenforge::users {
namespace {

using testing::ElementsAre;
using testing::IsSupersetOf;

class FactorLoginTest : public FactorTest {
 protected:
  FactorLoginTest() { EnableFactor(); }

  // Changes Ada's account as somebody else does.
  void Change(const std::function<void(Account&)>& change) {
    AccountStore::Edit edit = [&](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
      change(account.account);
      return Beside{};
    };
    ASSERT_TRUE(Wait(accounts_.store().Change(InAMinute(), kAda, edit)).ok());
  }
};

TEST_F(FactorLoginTest, RightCodeCompletesTheLoginOnTheDeviceOfTheFirstStep) {
  const std::string challenge = Open();
  EXPECT_EQ(Wait(login_.Find(InAMinute(), challenge))->user_id, kAda);
  Origin second = kApp;
  second.device_name = "";
  const auto done = Complete(challenge, CodeNow(secret_), kTotp, second);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->account.user_id, kAda);
  EXPECT_EQ(done->first_step.device_name, "Ada's phone");
  EXPECT_EQ(done->first_step.user_agent, "app/1");
  EXPECT_EQ(done->first_step.device_address, "198.51.100.7");
  EXPECT_THAT(Events(), ElementsAre("factor.enrolled", "factor.confirmed", "login.succeeded"));
}

TEST_F(FactorLoginTest, CodeIsWorthOneLogin) {
  const std::string code = CodeNow(secret_);
  ASSERT_TRUE(Complete(Open(), code).ok());
  EXPECT_EQ(ReasonOf(Complete(Open(), code).status()), reasons::CODE_INVALID);
  EXPECT_EQ(ReasonOf(Complete(Open(), CodeNow(secret_, -1)).status()), reasons::CODE_INVALID)
      << "an older one is worth nothing either";
  clock_.Advance(kTotpStep);
  EXPECT_TRUE(Complete(Open(), CodeNow(secret_)).ok());
}

TEST_F(FactorLoginTest, CodeOfTheConfirmationLogsNobodyIn) {
  ASSERT_TRUE(Disable().ok());
  secret_ = Enroll().value();
  const std::string code = CodeNow(secret_);
  ASSERT_TRUE(Confirm(code).ok());
  EXPECT_EQ(ReasonOf(Complete(Open(), code).status()), reasons::CODE_INVALID);
}

TEST_F(FactorLoginTest, ClockOfThePhoneMayBeOneStepOff) {
  EXPECT_EQ(ReasonOf(Complete(Open(), CodeNow(secret_, +2)).status()), reasons::CODE_INVALID);
  EXPECT_TRUE(Complete(Open(), CodeNow(secret_, +1)).ok());
  clock_.Advance(3 * kTotpStep);
  EXPECT_EQ(ReasonOf(Complete(Open(), CodeNow(secret_, -2)).status()), reasons::CODE_INVALID);
  EXPECT_TRUE(Complete(Open(), CodeNow(secret_, -1)).ok());
}

TEST_F(FactorLoginTest, ChallengeIsWorthOneLogin) {
  const std::string challenge = Open();
  ASSERT_TRUE(Complete(challenge, CodeNow(secret_)).ok());
  clock_.Advance(kTotpStep);
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
  EXPECT_EQ(ReasonOf(Wait(login_.Find(InAMinute(), challenge)).status()),
            reasons::CHALLENGE_INVALID);
}

TEST_F(FactorLoginTest, ChallengeExpiresAfterFiveMinutes) {
  const std::string challenge = Open();
  clock_.Advance(std::chrono::minutes(5) - std::chrono::microseconds(1));
  EXPECT_TRUE(Wait(login_.Find(InAMinute(), challenge)).ok());
  clock_.Advance(std::chrono::microseconds(1));
  EXPECT_EQ(ReasonOf(Wait(login_.Find(InAMinute(), challenge)).status()),
            reasons::CHALLENGE_INVALID);
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
}

TEST_F(FactorLoginTest, SixthGuessIsRefusedEvenWhenItIsRight) {
  const std::string challenge = Open();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ReasonOf(Complete(challenge, WrongCode(secret_)).status()), reasons::CODE_INVALID);
  }
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
  EXPECT_TRUE(Wait(login_.Find(InAMinute(), challenge)).ok()) << "the count of guesses tells of it";
  EXPECT_TRUE(Complete(Open(), CodeNow(secret_)).ok()) << "another login is another challenge";
  EXPECT_THAT(Events(), IsSupersetOf({"login.second_factor_failed", "login.second_factor_failed",
                                      "login.second_factor_failed", "login.second_factor_failed",
                                      "login.second_factor_failed"}));
}

TEST_F(FactorLoginTest, GuessesThatRaceAreAllCounted) {
  const std::string challenge = Open();
  const std::string wrong = WrongCode(secret_);
  std::atomic<int> tried = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> guessers;
  for (int i = 0; i < 20; ++i) {
    guessers.emplace_back([&] {
      const auto reason = ReasonOf(Complete(challenge, wrong).status());
      if (reason == reasons::CODE_INVALID) ++tried;
      if (reason == reasons::CHALLENGE_INVALID) ++refused;
    });
  }
  for (std::thread& guesser : guessers) guesser.join();
  EXPECT_EQ(tried, 5);
  EXPECT_EQ(refused, 15);
}

TEST_F(FactorLoginTest, OnlyTheServiceOfTheFirstStepCompletesIt) {
  const std::string challenge = Open();
  Origin other = kApp;
  other.client_id = "spiffe://tokenforge.local/other";
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_), kTotp, other).status()),
            reasons::CHALLENGE_INVALID);
  EXPECT_EQ(Events().back(), "login.second_factor_failed");
  EXPECT_TRUE(Complete(challenge, CodeNow(secret_)).ok()) << "the code was not used up by that";
}

TEST_F(FactorLoginTest, GuessMustBeCountedAgainstTheUserOfTheChallenge) {
  const std::string challenge = Open();
  auto completing =
      login_.Complete(InAMinute(), kBob, challenge, {kTotp, Secret(CodeNow(secret_))}, kApp);
  EXPECT_EQ(ReasonOf(Wait(std::move(completing)).status()), reasons::CHALLENGE_INVALID);
}

TEST_F(FactorLoginTest, WhatIsNoChallengeIsRefused) {
  for (const std::string& text :
       {std::string(), std::string("tfl_"), std::string(43, 'A'), "tfl_" + std::string(43, 'A'),
        std::string(100'000, 'A'), std::string("tfl_\0", 5)}) {
    EXPECT_EQ(ReasonOf(Wait(login_.Find(InAMinute(), text)).status()), reasons::CHALLENGE_INVALID);
    EXPECT_EQ(ReasonOf(Complete(text, "123456").status()), reasons::CHALLENGE_INVALID);
  }
}

TEST_F(FactorLoginTest, ChangeOfThePasswordEndsIt) {
  const std::string challenge = Open();
  Change([&](Account& account) { account.sessions_valid_from = clock_.Now(); });
  EXPECT_EQ(ReasonOf(Wait(login_.Find(InAMinute(), challenge)).status()),
            reasons::CHALLENGE_INVALID);
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::CHALLENGE_INVALID);
}

TEST_F(FactorLoginTest, DisabledAccountDoesNotGetIn) {
  const std::string challenge = Open();
  accounts_.SetDisabled(kAda, true);
  EXPECT_EQ(ReasonOf(Complete(challenge, CodeNow(secret_)).status()), reasons::ACCOUNT_DISABLED);
}

TEST_F(FactorLoginTest, RecoveryCodesAreWorthOneLoginEach) {
  for (const Secret& code : recovery_) {
    EXPECT_TRUE(Complete(Open(), code.Expose(), kRecovery).ok());
    EXPECT_EQ(ReasonOf(Complete(Open(), code.Expose(), kRecovery).status()), reasons::CODE_INVALID);
  }
  EXPECT_EQ(ReasonOf(Complete(Open(), recovery_[0].Expose(), kRecovery).status()),
            reasons::CODE_INVALID);
  EXPECT_TRUE(Complete(Open(), CodeNow(secret_)).ok()) << "the app still works";
  EXPECT_THAT(Events(), IsSupersetOf({"factor.recovery_code_used"}));
}

TEST_F(FactorLoginTest, OfTwoUsesOfOneCodeThatRaceOneWins) {
  for (int round = 0; round < 5; ++round) {
    clock_.Advance(kTotpStep);
    for (const auto kind : {kTotp, kRecovery}) {
      const std::string code =
          kind == kTotp ? CodeNow(secret_) : std::string(recovery_[round].Expose());
      std::vector<std::string> challenges;
      for (int i = 0; i < 4; ++i) challenges.push_back(Open());
      std::atomic<int> won = 0;
      std::vector<std::thread> racers;
      for (const std::string& challenge : challenges) {
        racers.emplace_back([&] { won += Complete(challenge, code, kind).ok() ? 1 : 0; });
      }
      for (std::thread& racer : racers) racer.join();
      EXPECT_EQ(won, 1);
    }
  }
}

TEST_F(FactorLoginTest, SecretIsSealedAnewUnderTheFirstKey) {
  const std::string both = "two:" + absl::Base64Escape(std::string(32, '2')) +
                           "\none:" + absl::Base64Escape(std::string(32, '1'));
  const auto keys = sealing::SealingKeys::FromText(Secret(both), "keys").value();
  const FactorSecrets secrets(&keys);
  FactorLogin during(store_, secrets, clock_);
  const std::string first = Open();
  ASSERT_TRUE(
      Wait(during.Complete(InAMinute(), kAda, first, {kTotp, Secret(CodeNow(secret_))}, kApp))
          .ok());
  clock_.Advance(kTotpStep);

  const auto second = SealingKeysOf("two", '2');
  const FactorSecrets later(&second);
  FactorLogin after(store_, later, clock_);
  const std::string challenge = Open();
  EXPECT_TRUE(
      Wait(after.Complete(InAMinute(), kAda, challenge, {kTotp, Secret(CodeNow(secret_))}, kApp))
          .ok());
}

TEST_F(FactorLoginTest, ExpiredChallengesAreForgotten) {
  const auto count = [&] {
    auto read = [](SqlSession& session) -> absl::StatusOr<int> {
      int rows = 0;
      session.soci() << "select count(*) from login_challenges", soci::into(rows);
      return rows;
    };
    return Wait(accounts_.database().Run(InAMinute(), "Test", read)).value();
  };
  for (int i = 0; i < 5; ++i) Open();
  EXPECT_EQ(count(), 5);
  clock_.Advance(std::chrono::minutes(5));
  Open();
  EXPECT_EQ(count(), 1);
}

}  // namespace
}  // namespace tokenforge::users
