#include "services/users/config.h"

#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"

namespace tokenforge::users {
namespace {

// What the parser says about a database URL; the certificates are missing on purpose and not looked
// at.
std::string Complaint(const std::string& url) {
  const auto dialect = SqlDialect::ForUrl(url, secret::Secret(), SqlTimeouts());
  if (dialect.ok()) return "";
  EXPECT_EQ(errors::ReasonOf(dialect.status()), errors::reasons::INVALID_FIELD);
  return std::string(dialect.status().message());
}

TEST(UsersConfig, NamesEveryMistakeAtOnce) {
  config::Parser parser("tokenforge-users", "Test.");
  Config config;
  Declare(parser, &config);
  std::ostringstream out, err;
  const std::vector<const char*> arguments = {
      "tokenforge-users",    "--bcrypt-cost=3",           "--hash-queue=-1",
      "--password-hash=md5", "--password-min-guesses=15", "--database-connections=0"};
  const auto outcome =
      parser.Parse(static_cast<int>(arguments.size()), arguments.data(), {}, out, err);
  EXPECT_FALSE(outcome.run);
  EXPECT_EQ(outcome.exit_code, 2);
  for (const char* name : {"bcrypt-cost", "hash-queue", "password-hash", "password-min-guesses",
                           "database-connections", "database-url", "tls-cert-file"}) {
    EXPECT_NE(err.str().find(name), std::string::npos) << name << " in:\n" << err.str();
  }
}

TEST(UsersConfig, TakesUrlsOfBothDatabases) {
  for (const char* url :
       {"sqlite:///var/lib/tokenforge/users.db", "postgresql://app@db.internal:5432/users",
        "postgres://app@db/users?sslmode=verify-full", "postgresql:///users?host=/run/postgresql",
        "postgresql://a,b/users"}) {
    EXPECT_EQ(Complaint(url), "") << url;
  }
}

TEST(UsersConfig, RefusesUrlsOfNeither) {
  for (const char* url :
       {"", "users.db", "mysql://root@db/users", "sqlite://users.db", "sqlite:///",
        "sqlite:///dir/", "sqlite:///a\"b", "postgresql://[",
        "postgresql://app@db/users?nonsense=1", "postgresql://app@db/users?options=-c%20x=1"}) {
    EXPECT_NE(Complaint(url), "") << url;
  }
}

TEST(UsersConfig, RefusesAPasswordInTheUrlWithoutRepeatingIt) {
  for (const char* url :
       {"postgresql://app:MARKED@db/users", "postgresql://app@db/users?password=MARKED",
        "postgresql://app:MARKED@db/users?nonsense=1"}) {
    const std::string complaint = Complaint(url);
    EXPECT_NE(complaint, "") << url;
    EXPECT_EQ(complaint.find("MARKED"), std::string::npos) << complaint;
  }
}

TEST(UsersConfig, RefusesADatabasePasswordOfTwoLines) {
  const auto dialect =
      SqlDialect::ForUrl("postgresql://app@db/users", secret::Secret("one\ntwo"), SqlTimeouts());
  EXPECT_EQ(errors::ReasonOf(dialect.status()), errors::reasons::INVALID_FIELD);
}

TEST(UsersConfig, HashesOnEveryCoreUnlessTold) {
  HashSettings settings;
  EXPECT_GE(PoolOf(settings).threads, 1);
  settings.threads = 3;
  EXPECT_EQ(PoolOf(settings).threads, 3);
}

TEST(UsersConfig, GivesOneAddressHalfOfTheHashQueueUnlessTold) {
  HashSettings settings;
  settings.queue = 7;
  EXPECT_EQ(PoolOf(settings).share, 4u);
  settings.queue_per_address = 2;
  EXPECT_EQ(PoolOf(settings).share, 2u);
}

TEST(UsersConfig, GivesHashesTheMemoryThatTheirThreadsAndTheDearestImportNeed) {
  HashSettings settings;
  settings.threads = 4;
  EXPECT_EQ(MemoryBytesOf(settings), 256u << 20) << "bcrypt itself takes none";
  settings.function = "argon2id-46";
  settings.threads = 10;
  EXPECT_EQ(MemoryBytesOf(settings), 460u << 20);
  settings.memory_mib = 300;
  EXPECT_EQ(MemoryBytesOf(settings), 300u << 20);
}

TEST(UsersConfig, LetsPasswordsBeAsLongAsTheirHashReads) {
  HashSettings settings;
  EXPECT_EQ(RulesOf(settings).max_bytes, 72u);
  settings.function = "argon2id";
  EXPECT_EQ(RulesOf(settings).max_bytes, 1024u);
}

TEST(UsersConfig, NamesWhatDoesNotFitTogether) {
  config::Parser parser("tokenforge-users", "Test.");
  HashSettings settings;
  Declare(parser, &settings);
  std::ostringstream out, err;
  const std::vector<const char*> arguments = {"tokenforge-users", "--hash-memory=255",
                                              "--hash-queue-per-address=65"};
  EXPECT_FALSE(
      parser.Parse(static_cast<int>(arguments.size()), arguments.data(), {}, out, err).run);
  EXPECT_NE(err.str().find("hash-memory must be 0 or at least 256"), std::string::npos)
      << err.str();
  EXPECT_NE(err.str().find("hash-queue-per-address"), std::string::npos) << err.str();
}

}  // namespace
}  // namespace tokenforge::users
