// Hashes that other implementations made a moment ago (make_hashes.py, node/make_hashes.js): their
// owners log in, and are moved to the policy on the way.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/accounts.h"
#include "services/users/import.h"
#include "services/users/import_store_sql.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

struct Made {
  std::string by, password, hash;
};

// The lines of the file that the scripts wrote.
std::vector<Made> ReadHashes() {
  const char* path = std::getenv("TOKENFORGE_FOREIGN_HASHES");
  std::ifstream file(path == nullptr ? "" : path);
  std::vector<Made> all;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    Made made;
    std::getline(fields, made.by, '\t');
    std::getline(fields, made.password, '\t');
    std::getline(fields, made.hash);
    all.push_back(std::move(made));
  }
  return all;
}

class ForeignHashes : public testing::Test {
 protected:
  // As AdminService.ImportUsers takes them in.
  void Import(const std::vector<Made>& all) {
    ImportStoreSql store(sqlite_.database());
    AccountImport import(store, clock_);
    ImportRun run = import.Begin({.actor = "an administrator"});
    for (std::size_t i = 0; i < all.size(); ++i) {
      run.Take({.email = EmailOf(i), .password_hash = all[i].hash});
    }
    const auto stored = Wait(run.Store(InAMinute()));
    ASSERT_TRUE(stored.ok()) << stored;
    ASSERT_EQ(run.tally().stored, static_cast<int>(all.size()));
  }
  static std::string EmailOf(std::size_t person) {
    return "person" + std::to_string(person) + "@example.org";
  }
  absl::Status LogIn(const CanonicalEmail& email, const std::string& password) {
    return Wait(accounts_.VerifyPassword(InAMinute(), email.text(), secret::Secret(password),
                                         Origin{.ip_address = "192.0.2.1"}))
        .status();
  }
  std::string StoredHashOf(const CanonicalEmail& email) {
    const auto found = Wait(sqlite_.store().FindCredentials(InAMinute(), email));
    return found.ok() ? std::string(found->password_hash.Expose()) : "";
  }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  PasswordHasher hasher_{HashPolicy::Argon2id()};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 1, .queue = 8}};
  PasswordPolicy passwords_;
  Accounts accounts_{sqlite_.store(), hashing_, passwords_, clock_};
};

TEST_F(ForeignHashes, LogInAndAreUpgraded) {
  const std::vector<Made> all = ReadHashes();
  ASSERT_EQ(all.size(), 19u) << "what the two scripts make";
  Import(all);
  int kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Made& made = all[i];
    SCOPED_TRACE(made.by);
    const auto email = *CanonicalEmail::Parse(EmailOf(i));
    EXPECT_EQ(errors::ReasonOf(LogIn(email, made.password + "x")),
              errors::reasons::INVALID_CREDENTIALS);
    EXPECT_TRUE(LogIn(email, made.password).ok());
    const std::string stored = StoredHashOf(email);
    const auto parsed = StoredHash::Parse(stored);
    EXPECT_TRUE(parsed.ok() && hasher_.policy().Satisfies(*parsed));
    kept += stored == made.hash ? 1 : 0;
    EXPECT_TRUE(LogIn(email, made.password).ok());
  }
  EXPECT_EQ(kept, 2) << "two that npm argon2 made cost no less than the policy wants";
}

}  // namespace
}  // namespace tokenforge::users
