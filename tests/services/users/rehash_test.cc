// What a login does about a stored hash that is weaker than the policy, or of another kind.
#include <chrono>
#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/accounts.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/foreign_hashes.h"
#include "tests/services/users/sqlite_accounts.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;

constexpr const char* kId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";
constexpr const char* kEmail = "ann@example.org";

class RehashTest : public testing::Test {
 protected:
  // An account as an import leaves it.
  void Import(std::string_view hash) {
    NewAccount account{.user_id = kId,
                       .email = *CanonicalEmail::Parse(kEmail),
                       .given_name = "Ann",
                       .family_name = "",
                       .password_hash = Secret(hash),
                       .create_time = clock_.Now()};
    const auto created = Wait(sqlite_.store().Create(InAMinute(), std::move(account), Beside{}));
    ASSERT_TRUE(created.ok()) << created.status();
  }
  absl::StatusOr<Account> LogIn(std::string_view password) {
    return Wait(accounts_.VerifyPassword(InAMinute(), kEmail, Secret(password),
                                         Origin{.ip_address = "192.0.2.1"}));
  }
  std::string StoredHash() {
    const auto found =
        Wait(sqlite_.store().FindCredentials(InAMinute(), *CanonicalEmail::Parse(kEmail)));
    return found.ok() ? std::string(found->password_hash.Expose()) : "";
  }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  PasswordHasher hasher_{HashPolicy::Bcrypt(5)};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 1, .queue = 8}};
  PasswordPolicy passwords_;
  Accounts accounts_{sqlite_.store(), hashing_, passwords_, clock_};
};

TEST_F(RehashTest, ReplacesAForeignHashAtTheFirstLoginAndThenNeverAgain) {
  Import(
      "$scrypt$ln=10,r=8,p=1$R8iZU8oZY2wtpTSG8L5XSg$l56kMOsWPg/KCO5o+xJWOwm4tQGRXZYTGtW9lYFRbIc");
  ASSERT_TRUE(LogIn(kForeignPassword).ok());
  const std::string renewed = StoredHash();
  EXPECT_EQ(renewed.substr(0, 7), "$2b$05$");
  ASSERT_TRUE(LogIn(kForeignPassword).ok());
  EXPECT_EQ(StoredHash(), renewed);
  EXPECT_EQ(ReasonOf(LogIn("correct horse batterz").status()),
            errors::reasons::INVALID_CREDENTIALS);
}

TEST_F(RehashTest, ReplacesAHashOfALowerCostOfItsOwn) {
  const auto weak = PasswordHasher(4).Hash(Secret("correct horse"));
  Import(weak->Expose());
  ASSERT_TRUE(LogIn("correct horse").ok());
  EXPECT_EQ(StoredHash().substr(0, 7), "$2b$05$");
}

TEST_F(RehashTest, LeavesADearerHashAsItIs) {
  const auto strong = PasswordHasher(6).Hash(Secret("correct horse"));
  Import(strong->Expose());
  ASSERT_TRUE(LogIn("correct horse").ok());
  EXPECT_EQ(StoredHash(), strong->Expose());
}

TEST_F(RehashTest, ChangesNothingOnAWrongPasswordOrForADisabledAccount) {
  const std::string foreign(kForeignHashes[0].text);
  Import(foreign);
  EXPECT_FALSE(LogIn("wrong").ok());
  EXPECT_EQ(StoredHash(), foreign);
  sqlite_.SetDisabled(kId, true);
  EXPECT_EQ(ReasonOf(LogIn(kForeignPassword).status()), errors::reasons::ACCOUNT_DISABLED);
  EXPECT_EQ(StoredHash(), foreign);
}

TEST_F(RehashTest, LogsInWithALongPasswordThatBcryptCouldNotTakeOver) {
  const std::string long_password(100, 'x');
  const auto argon2 = PasswordHasher(HashPolicy::Argon2id()).Hash(Secret(long_password));
  ASSERT_TRUE(argon2.ok());
  Import(argon2->Expose());
  EXPECT_TRUE(LogIn(long_password).ok());
  EXPECT_EQ(StoredHash(), argon2->Expose());
}

TEST_F(RehashTest, CallsAHashThatNobodyCanReadAFaultWithoutRepeatingIt) {
  Import("$2b$04$MARKED");
  const absl::Status status = LogIn(kForeignPassword).status();
  EXPECT_EQ(ReasonOf(status), errors::reasons::INTERNAL_FAULT);
  EXPECT_EQ(status.ToString().find("MARKED"), std::string::npos);
}

}  // namespace
}  // namespace tokenforge::users
