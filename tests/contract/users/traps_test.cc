// The emails and passwords on which identity systems broke before, through registration and login
// on both databases: what differs only to one of them, or only to one layer, is how others fell.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/accounts.h"
#include "tests/contract/users/sql_stores.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;
namespace reasons = errors::reasons;

constexpr std::string_view kPassword = "vaulted Ostrich 4 breakfast";

contract::PostgresServer& Postgres() {
  static contract::PostgresServer server;
  return server;
}

// Registration and login over one database, chosen by the test's parameter.
class Traps : public testing::TestWithParam<const char*> {
 protected:
  absl::StatusOr<Account> Register(std::string_view email, std::string_view password = kPassword,
                                   std::string_view name = "Ann") {
    auto registration = CheckRegistration({.user_id = uuid::NewId(),
                                           .email = email,
                                           .password = password,
                                           .given_name = name,
                                           .family_name = name},
                                          passwords_);
    if (!registration.ok()) return registration.status();
    return Wait(accounts_.Create(InAMinute(), *std::move(registration), Origin()));
  }
  absl::Status Login(std::string_view email, std::string_view password = kPassword) {
    return Wait(accounts_.VerifyPassword(InAMinute(), std::string(email), Secret(password),
                                         Origin()))
        .status();
  }
  void ExpectNobody(std::string_view email, std::string_view password = kPassword) {
    EXPECT_EQ(ReasonOf(Login(email, password)), reasons::INVALID_CREDENTIALS)
        << email.substr(0, 60);
  }

  Accounts& accounts() { return accounts_; }

 private:
  std::string Url() {
    return GetParam() == std::string("Postgresql") ? Postgres().NewDatabase()
                                                   : folder_.database_url();
  }

  TemporaryFolder folder_;
  SqlStores stores_{Url()};
  fakes::FakeClock clock_;
  PasswordHasher hasher_{PasswordHasher::kMinCost};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 1, .queue = 8}};
  PasswordPolicy passwords_;
  Accounts accounts_{stores_.accounts, hashing_, passwords_, clock_};
};

// Two addresses that some fold makes one (CVE-2019-19844): none but ASCII is an address here.
TEST_P(Traps, NoUnicodeSpellingOfAnEmailIsAnEmail) {
  ASSERT_TRUE(Register("mike@example.org").ok());
  const std::vector<std::string> spellings = {
      "m\xC4\xB1ke@example.org",  // dotless i
      "M\xC4\xB0KE@example.org",  // I with a dot
      "mi\xE2\x84\xAA"
      "e@example.org",                 // Kelvin sign
      "mike@example.org\xC2\xAD",      // soft hyphen
      "\xEF\xBD\x8Dike@example.org",   // full-width m
      "mike@exa\xEF\xAC\x80mple.org",  // ligature
      "mike@\xC5\xBFxample.org",       // long s
      "ma\xC3\x9F@example.org",        // sharp s
      "mike@ex\xD0\xB0mple.org",       // Cyrillic a
      "\xE2\x80\x8Bmike@example.org",  // zero-width space
      "mike@example.org\xFF",          // no UTF-8
      "m\x69\xCC\x87ke@example.org",   // combining dot
  };
  for (const std::string& spelling : spellings) {
    EXPECT_EQ(ReasonOf(Register(spelling).status()), reasons::INVALID_FIELD) << spelling;
    ExpectNobody(spelling);
  }
}

TEST_P(Traps, TheCaseOfAnEmailMakesNoSecondAccountAndNoSecondLogin) {
  ASSERT_TRUE(Register("Ann.Smith+Tag@Example.ORG").ok());
  for (const char* spelling :
       {"ann.smith+tag@example.org", "ANN.SMITH+TAG@EXAMPLE.ORG", "Ann.Smith+Tag@Example.ORG"}) {
    EXPECT_EQ(ReasonOf(Register(spelling).status()), reasons::EMAIL_TAKEN) << spelling;
    EXPECT_TRUE(Login(spelling).ok()) << spelling;
  }
  // What one provider folds, another does not.
  ExpectNobody("annsmith+tag@example.org");
  ExpectNobody("ann.smith@example.org");
}

// PostgreSQL's driver would look up the part before the NUL.
TEST_P(Traps, ANulCutsNothingShort) {
  const std::string nul(1, '\0');
  ASSERT_TRUE(Register("ann@example.org").ok());
  for (const std::string& email :
       {"ann@example.org" + nul, "ann@example.org" + nul + "x", nul + "ann@example.org"}) {
    EXPECT_EQ(ReasonOf(Register(email).status()), reasons::INVALID_FIELD);
    ExpectNobody(email);
  }
  EXPECT_EQ(ReasonOf(Register("bob@example.org", std::string(kPassword) + nul + "x").status()),
            reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Register("bob@example.org", kPassword, "Bob" + nul).status()),
            reasons::INVALID_FIELD);
  ExpectNobody("ann@example.org", std::string(kPassword) + nul);
  ExpectNobody("ann@example.org", nul + std::string(kPassword));
  ExpectNobody("bob@example.org");
}

TEST_P(Traps, EveryByteOfAPasswordCounts) {
  // 72 bytes, the most that bcrypt reads, of every kind of character.
  std::string password =
      "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\x91 Correct;horse'battery\"staple\\%_:x[1:2]$1? ";
  while (password.size() < 72) password += static_cast<char>('a' + password.size() % 26);
  ASSERT_EQ(password.size(), 72u);
  ASSERT_TRUE(Register("ann@example.org", password).ok());
  EXPECT_TRUE(Login("ann@example.org", password).ok());
  for (std::size_t i = 0; i < password.size(); ++i) {
    std::string other = password;
    other[i] = static_cast<char>(other[i] ^ 1);
    ExpectNobody("ann@example.org", other);
  }
  ExpectNobody("ann@example.org", password.substr(0, 71));
  ExpectNobody("ann@example.org", password + "x");
  ExpectNobody("ann@example.org", " " + password.substr(1));
}

TEST_P(Traps, APasswordIsNeverTrimmedFoldedOrCut) {
  const std::string password = " Spaced Ostrich \xC3\x89t\xC3\xA9 ";
  ASSERT_TRUE(Register("ann@example.org", password).ok());
  EXPECT_TRUE(Login("ann@example.org", password).ok());
  ExpectNobody("ann@example.org", "Spaced Ostrich \xC3\x89t\xC3\xA9");
  ExpectNobody("ann@example.org", " spaced ostrich \xC3\x89t\xC3\xA9 ");
  ExpectNobody("ann@example.org", " Spaced Ostrich E\xCC\x81t\xC3\xA9 ");  // the same, decomposed
  EXPECT_EQ(ReasonOf(Register("bob@example.org", std::string(73, 'q') + "!").status()),
            reasons::WEAK_PASSWORD);
  EXPECT_FALSE(Register("bob@example.org", std::string(1 << 20, 'q')).ok());
  ExpectNobody("ann@example.org", std::string(1 << 20, 'q'));
}

// A hash over user name and password together once let a long name push the password out.
TEST_P(Traps, NoLengthOfANameOrEmailOpensAnAccount) {
  const std::string email = std::string(64, 'a') + "@" + std::string(60, 'b') + "." +
                            std::string(60, 'c') + ".example.org";
  ASSERT_TRUE(Register(email, kPassword, std::string(100, 'N')).ok());
  EXPECT_TRUE(Login(email).ok());
  ExpectNobody(email, "another Ostrich 4 dinner");
  ExpectNobody(email, "x");
  EXPECT_EQ(ReasonOf(Register("bob@example.org", kPassword, std::string(101, 'N')).status()),
            reasons::INVALID_FIELD);
}

TEST_P(Traps, WhatLooksLikeSqlIsOnlyText) {
  const std::string name = "'); drop table accounts; -- :id $1 ? [1:2] \\ \" % _";
  ASSERT_TRUE(Register("o'neill+%_@example.org", kPassword, name).ok());
  ASSERT_TRUE(Register("ann@example.org").ok());
  EXPECT_TRUE(Login("o'neill+%_@example.org").ok());
  EXPECT_TRUE(Login("ann@example.org").ok());
  ExpectNobody("' or '1'='1");
  ExpectNobody("%@example.org");
  ExpectNobody("a_n@example.org");
  ExpectNobody("ann@example.org", "' or '1'='1");
}

// The caller chose the ID: after a lost answer the same registration comes again.
TEST_P(Traps, ARegistrationThatWasNotAnsweredMakesNoSecondAccount) {
  RegistrationForm form{.user_id = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77",
                        .email = "ann@example.org",
                        .password = kPassword,
                        .given_name = "Ann",
                        .family_name = ""};
  for (int attempt = 0; attempt < 3; ++attempt) {
    auto registration = CheckRegistration(form, PasswordPolicy());
    ASSERT_TRUE(registration.ok()) << registration.status();
    const auto created = Wait(accounts().Create(InAMinute(), *std::move(registration), Origin()));
    ASSERT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->user_id, form.user_id);
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, Traps, testing::Values("Sqlite", "Postgresql"),
                         [](const auto& database) { return std::string(database.param); });

}  // namespace
}  // namespace tokenforge::users
