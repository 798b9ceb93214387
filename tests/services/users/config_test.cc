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
  const std::vector<const char*> arguments = {"tokenforge-users", "--bcrypt-cost=3",
                                              "--hash-queue=-1", "--database-connections=0"};
  const auto outcome =
      parser.Parse(static_cast<int>(arguments.size()), arguments.data(), {}, out, err);
  EXPECT_FALSE(outcome.run);
  EXPECT_EQ(outcome.exit_code, 2);
  for (const char* name :
       {"bcrypt-cost", "hash-queue", "database-connections", "database-url", "tls-cert-file"}) {
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
  Config config;
  EXPECT_GE(HashThreadsOf(config), 1);
  config.hash_threads = 3;
  EXPECT_EQ(HashThreadsOf(config), 3);
}

}  // namespace
}  // namespace tokenforge::users
