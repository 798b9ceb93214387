#include "services/users/accounts.h"

#include <cstdlib>
#include <future>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/metrics.h"
#include "services/users/audit_store_sql.h"
#include "soci/soci.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;

constexpr const char* kId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";
const Origin kOrigin{.ip_address = "192.0.2.1"};
constexpr const char* kOtherId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b78";

// How many passwords were hashed or compared by this process so far.
int HashesDone() {
  const std::string text = telemetry::ExposeText();
  const std::string name = "tokenforge_password_hash_seconds_count ";
  const std::size_t at = text.find("\n" + name);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 1 + name.size());
}

class AccountsTest : public testing::Test {
 protected:
  absl::StatusOr<Account> Create(std::string_view user_id, std::string_view email,
                                 std::string_view password) {
    auto registration = CheckRegistration({.user_id = user_id,
                                           .email = email,
                                           .password = password,
                                           .given_name = "Ann",
                                           .family_name = "O'Neill"},
                                          passwords_);
    if (!registration.ok()) return registration.status();
    return Wait(accounts_.Create(InAMinute(), *std::move(registration), kOrigin));
  }
  absl::StatusOr<Account> Verify(std::string email, std::string_view password) {
    return Wait(accounts_.VerifyPassword(InAMinute(), std::move(email), Secret(password), kOrigin));
  }

  // Holds the only hashing thread, and fills the queue behind it.
  void BlockHashing() {
    auto reached = std::make_shared<std::promise<void>>();
    auto nothing = [](const absl::Status&) {};
    hashing_.pool().Submit(
        InAMinute(),
        [reached, release = release_.get_future().share()](int) {
          reached->set_value();
          release.wait();
        },
        nothing);
    reached->get_future().wait();
    hashing_.pool().Submit(InAMinute(), [](int) {}, nothing);
  }
  void ReleaseHashing() { release_.set_value(); }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  PasswordHasher hasher_{PasswordHasher::kMinCost};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 1, .queue = 1}};
  PasswordPolicy passwords_;
  Accounts accounts_{sqlite_.store(), hashing_, passwords_, clock_};
  std::promise<void> release_;
};

TEST_F(AccountsTest, CreatesAnAccountAndProvesItsOwner) {
  const auto created = Create(kId, "Ann@Example.org", "correct horse");
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->user_id, kId);
  EXPECT_EQ(created->email.text(), "ann@example.org");
  EXPECT_EQ(created->create_time, clock_.Now());
  EXPECT_FALSE(created->disabled);
  EXPECT_FALSE(created->email_verified);

  const auto verified = Verify("ANN@example.ORG", "correct horse");
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->user_id, kId);
}

TEST_F(AccountsTest, RefusesASecondAccountForOneEmailInAnySpelling) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  EXPECT_EQ(ReasonOf(Create(kOtherId, "ANN@EXAMPLE.ORG", "other horse, wrong battery").status()),
            errors::reasons::EMAIL_TAKEN);
  EXPECT_FALSE(Verify("ann@example.org", "other horse, wrong battery").ok());
}

TEST_F(AccountsTest, RecognisesTheRetryOfALostAnswer) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  const auto again = Create(kId, "ann@example.org", "another horse, no battery");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->user_id, kId);
  EXPECT_TRUE(Verify("ann@example.org", "correct horse").ok());  // a retry changes nothing
  EXPECT_FALSE(Verify("ann@example.org", "another horse, no battery").ok());
}

TEST_F(AccountsTest, AnswersAlikeAndWorksAlikeWhateverIsWrongWithALogin) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  const absl::Status expected = Verify("ann@example.org", "wrong").status();
  ASSERT_EQ(ReasonOf(expected), errors::reasons::INVALID_CREDENTIALS);

  const struct {
    std::string email;
    std::string password;
  } logins[] = {
      {"ann@example.org", "correct horsf"},            // wrong
      {"ann@example.org", ""},                         // none
      {"ann@example.org", "x"},                        // too short to be anybody's
      {"ann@example.org", std::string(73, 'x')},       // longer than the hash reads
      {"ann@example.org", std::string(1 << 20, 'x')},  // absurd
      {"ann@example.org", std::string("correct horse\0", 14)},
      {"ann@example.org", "not UTF-8 \xFF"},
      {"nobody@example.org", "correct horse"},  // nobody's
      {"not an email", "correct horse"},        // nobody's possible
      {"", "correct horse"},
      {std::string("ann@example.org\0", 16), "correct horse"},
      {"\xEF\xBD\x81nn@example.org", "correct horse"},  // full-width a
      {std::string(1 << 20, 'a'), "correct horse"},
  };
  for (const auto& [email, password] : logins) {
    const int before = HashesDone();
    EXPECT_EQ(Verify(email, password).status(), expected) << email.substr(0, 40);
    EXPECT_EQ(HashesDone(), before + 1) << email.substr(0, 40);
  }
}

TEST_F(AccountsTest, HashesForATakenEmailAsForAFreeOne) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  const int before = HashesDone();
  EXPECT_FALSE(Create(kOtherId, "ann@example.org", "correct horse").ok());
  EXPECT_EQ(HashesDone(), before + 1);
}

TEST_F(AccountsTest, NobodyCanRegisterTheAddressThatStandsForNobody) {
  ASSERT_TRUE(Create(kId, "nobody@nowhere.invalid", "correct horse").ok());
  EXPECT_FALSE(Verify("not an email", "correct horse").ok());
  EXPECT_TRUE(Verify("nobody@nowhere.invalid", "correct horse").ok());
}

TEST_F(AccountsTest, TellsThatAnAccountIsDisabledOnlyAfterTheRightPassword) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  sqlite_.SetDisabled(kId, true);
  EXPECT_EQ(ReasonOf(Verify("ann@example.org", "wrong").status()),
            errors::reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Verify("ann@example.org", "correct horse").status()),
            errors::reasons::ACCOUNT_DISABLED);
  sqlite_.SetDisabled(kId, false);
  EXPECT_TRUE(Verify("ann@example.org", "correct horse").ok());
}

TEST_F(AccountsTest, EveryVerdictOnALoginIsInTheLogBeforeItIsTold) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  AuditStoreSql log(sqlite_.database());
  const auto last = [&] { return Wait(log.List(InAMinute(), {}, {}, 1))->front(); };
  const auto expect = [&](const std::string& kind, const std::string& user_id,
                          const std::string& email, const std::string& reason) {
    const AuditEvent event = last();
    EXPECT_EQ(event.kind, kind);
    EXPECT_EQ(event.user_id, user_id);
    EXPECT_EQ(event.time, clock_.Now());
    EXPECT_EQ(event.ip_address, kOrigin.ip_address);
    EXPECT_EQ(event.attributes.at("email"), email);
    EXPECT_EQ(event.attributes.contains("reason") ? event.attributes.at("reason") : "", reason);
  };
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(Verify("Ann@Example.org", "correct horse").ok());
  expect("login.succeeded", kId, "ann@example.org", "");
  EXPECT_FALSE(Verify("ann@example.org", "wrong").ok());
  expect("login.failed", kId, "ann@example.org", "invalid_credentials");
  EXPECT_FALSE(Verify("nobody@example.org", "correct horse").ok());
  expect("login.failed", "", "nobody@example.org", "invalid_credentials");
  sqlite_.SetDisabled(kId, true);
  EXPECT_FALSE(Verify("ann@example.org", "correct horse").ok());
  expect("login.failed", kId, "ann@example.org", "account_disabled");
  EXPECT_FALSE(Verify("ann@example.org", "wrong").ok());
  expect("login.failed", kId, "ann@example.org", "invalid_credentials");
}

TEST_F(AccountsTest, TellsNoVerdictThatItCouldNotRecord) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  auto drop = [](SqlSession& session) {
    session.soci() << "drop table audit_head";
    return absl::OkStatus();
  };
  ASSERT_TRUE(Wait(sqlite_.database().Run(InAMinute(), "test", drop)).ok());
  const absl::Status right = Verify("ann@example.org", "correct horse").status();
  EXPECT_EQ(ReasonOf(right), errors::reasons::INTERNAL_FAULT);
  EXPECT_EQ(Verify("ann@example.org", "wrong").status(), right);
  EXPECT_EQ(Verify("nobody@example.org", "wrong").status(), right);
}

TEST_F(AccountsTest, AStormOfLoginsIsRefusedAtOnceAndDoesNotKeepLookUpsWaiting) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  BlockHashing();
  EXPECT_EQ(ReasonOf(Verify("ann@example.org", "correct horse").status()),
            errors::reasons::OVERLOADED);
  EXPECT_EQ(ReasonOf(Create(kOtherId, "bob@example.org", "correct horse").status()),
            errors::reasons::OVERLOADED);
  EXPECT_TRUE(Wait(accounts_.Get(InAMinute(), kId)).ok());  // hangs if it needed the hashing pool
  EXPECT_TRUE(Wait(accounts_.GetByEmail(InAMinute(), "ann@example.org")).ok());
  EXPECT_EQ(ReasonOf(Wait(accounts_.GetByEmail(InAMinute(), "bob@example.org")).status()),
            errors::reasons::NOT_FOUND);
  ReleaseHashing();
}

TEST_F(AccountsTest, DoesNotHashForACallerWhoseTimeIsOver) {
  const int before = HashesDone();
  const auto late = Wait(accounts_.VerifyPassword(
      std::chrono::steady_clock::now(), "ann@example.org", Secret("correct horse"), kOrigin));
  EXPECT_EQ(ReasonOf(late.status()), errors::reasons::DEADLINE_PASSED);
  EXPECT_EQ(HashesDone(), before);
}

TEST_F(AccountsTest, NeverCallsAStoreThatIsDownAWrongPassword) {
  UnreachableAccounts away;
  Accounts accounts(away.store(), hashing_, passwords_, clock_);
  EXPECT_EQ(ReasonOf(Wait(accounts.VerifyPassword(InAMinute(), "ann@example.org",
                                                  Secret("correct horse"), kOrigin))
                         .status()),
            errors::reasons::DEPENDENCY_DOWN);
  auto registration = CheckRegistration({.user_id = kId,
                                         .email = "ann@example.org",
                                         .password = "correct horse",
                                         .given_name = "",
                                         .family_name = ""},
                                        passwords_);
  EXPECT_EQ(
      ReasonOf(Wait(accounts.Create(InAMinute(), *std::move(registration), kOrigin)).status()),
      errors::reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(Wait(accounts.Get(InAMinute(), kId)).status()),
            errors::reasons::DEPENDENCY_DOWN);
}

TEST_F(AccountsTest, LooksUpByIdAndByEmailInAnySpelling) {
  ASSERT_TRUE(Create(kId, "ann@example.org", "correct horse").ok());
  EXPECT_EQ(Wait(accounts_.Get(InAMinute(), kId))->email.text(), "ann@example.org");
  EXPECT_EQ(Wait(accounts_.GetByEmail(InAMinute(), "Ann@Example.org"))->user_id, kId);
  EXPECT_EQ(ReasonOf(Wait(accounts_.Get(InAMinute(), kOtherId)).status()),
            errors::reasons::NOT_FOUND);
  EXPECT_EQ(ReasonOf(Wait(accounts_.Get(InAMinute(), "7")).status()),
            errors::reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Wait(accounts_.GetByEmail(InAMinute(), "ann")).status()),
            errors::reasons::INVALID_FIELD);
}

}  // namespace
}  // namespace tokenforge::users
