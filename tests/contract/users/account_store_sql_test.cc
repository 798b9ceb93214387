// What the SQL store promises beyond the contract: schema, durability, recovery, limits, and
// silence about values.
#include "services/users/account_store_sql.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/migrations.h"
#include "soci/soci.h"
#include "soci/sqlite3/soci-sqlite3.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {
namespace {

using contract::PostgresServer;
using errors::ReasonOf;

// --- Schema

template <class Open>
void ManyStoresMakeOneSchema(Open open) {
  std::vector<std::unique_ptr<SqlStores>> stores;
  for (int i = 0; i < 4; ++i) stores.push_back(open());
  std::vector<std::future<absl::Status>> answers;
  for (const auto& store : stores) {
    answers.push_back(std::async(std::launch::async, [&store] { return Ping(*store); }));
  }
  for (auto& answer : answers) {
    const absl::Status status = answer.get();
    EXPECT_TRUE(status.ok()) << status;
  }
  ASSERT_TRUE(Create(*stores[0], "ann@example.org").ok());
  EXPECT_TRUE(Find(*stores[3], "ann@example.org").ok());
}

TEST(SqlStore, ManyProcessesThatStartAtOnceMakeOneSchemaInPostgresql) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  ManyStoresMakeOneSchema([&] { return OpenStore(url); });
  EXPECT_EQ(server.Query(url, "select count(*) from schema_migrations"),
            std::to_string(LatestSchemaVersion()));
}

TEST(SqlStore, ManyProcessesThatStartAtOnceMakeOneSchemaInSqlite) {
  // Many a time: the first to come changes the journal's mode, for which SQLite lets nobody wait.
  for (int round = 0; round < 50; ++round) {
    const TemporaryFolder folder;
    ManyStoresMakeOneSchema([&] { return OpenStore(folder.database_url()); });
  }
}

TEST(SqlStore, DoesNotTouchADatabaseThatANewerProgramMade) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Create(*OpenStore(folder.database_url()), "ann@example.org").ok());
  {
    soci::session session(soci::sqlite3, "db=\"" + folder.database_file() + "\"");
    session << "insert into schema_migrations (version, name, apply_time) values (999, 'x', 0)";
  }
  const auto store = OpenStore(folder.database_url());
  const absl::Status status = Ping(*store);
  EXPECT_EQ(ReasonOf(status), errors::reasons::INTERNAL_FAULT);
  EXPECT_NE(std::string(status.message()).find("999"), std::string::npos) << status;
  EXPECT_FALSE(Find(*store, "ann@example.org").ok());
}

// A step of a newer program, and the oldest program that it says can go on.
void AddStep(const TemporaryFolder& folder, int version, int oldest_program) {
  soci::session session(soci::sqlite3, "db=\"" + folder.database_file() + "\"");
  session << "insert into schema_migrations (version, name, apply_time, oldest_program) values "
             "(:version, 'x', 0, :oldest)",
      soci::use(version), soci::use(oldest_program);
}

TEST(SqlStore, StartsOnADatabaseOfANewerProgramThatSaysItCan) {
  const TemporaryFolder folder;
  const int known = LatestSchemaVersion();
  ASSERT_TRUE(Create(*OpenStore(folder.database_url()), "ann@example.org").ok());
  AddStep(folder, known + 1, known);
  EXPECT_TRUE(Find(*OpenStore(folder.database_url()), "ann@example.org").ok());
  AddStep(folder, known + 2, known + 1);
  EXPECT_FALSE(Find(*OpenStore(folder.database_url()), "ann@example.org").ok())
      << "two releases further";
  AddStep(folder, known + 3, known);
  EXPECT_FALSE(Find(*OpenStore(folder.database_url()), "ann@example.org").ok())
      << "one step that it cannot work with is enough";
}

TEST(SqlStore, NeedsNoRightToChangeTheSchemaOnceItIsThere) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  ASSERT_TRUE(Ping(*OpenStore(url)).ok());
  const std::string password = "apprentice";
  server.Execute(url, "create role apprentice login password '" + password + "'");
  server.Execute(url,
                 "grant select, insert, update on accounts, audit_events, audit_head, "
                 "mail_outbox to apprentice");
  server.Execute(url, "grant select on schema_migrations to apprentice");
  std::string theirs = url;
  theirs.replace(theirs.find(PostgresServer::kUser), std::string(PostgresServer::kUser).size(),
                 "apprentice");
  const auto store = OpenStore(theirs, {}, {}, password);
  EXPECT_TRUE(Create(*store, "ann@example.org").ok());
}

TEST(SqlStore, KeepsPasswordHashesFromOtherUsersOfTheMachine) {
  const TemporaryFolder folder;
  const auto store = OpenStore(folder.database_url());
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat file{};
    ASSERT_EQ(::stat((folder.database_file() + suffix).c_str(), &file), 0) << suffix;
    EXPECT_EQ(file.st_mode & 0777, 0600u) << suffix;
  }
}

// --- Durability

TEST(SqlStore, KeepsEveryAcknowledgedAccountWhenPostgresqlIsKilled) {
  PostgresServer server;
  const auto store = OpenStore(server.NewDatabase());
  ASSERT_TRUE(Ping(*store).ok());
  std::promise<void> enough;
  std::vector<std::string> acknowledged;
  std::thread writer([&] {
    for (int i = 0;; ++i) {
      if (i == 50) enough.set_value();
      if (!Create(*store, Numbered(i)).ok()) return;
      acknowledged.push_back(Numbered(i));
    }
  });
  enough.get_future().wait();
  server.Kill();  // while the writer is at it
  writer.join();
  server.Start();
  ASSERT_GE(acknowledged.size(), 50u);
  for (const std::string& email : acknowledged) EXPECT_TRUE(Find(*store, email).ok()) << email;
}

// In a process of its own: stores accounts and reports each one, for ever.
[[noreturn]] void StoreUntilKilled(const std::string& url, int report) {
  const auto store = OpenStore(url);
  for (int i = 0;; ++i) {
    if (!Create(*store, Numbered(i)).ok()) ::_exit(1);
    if (::write(report, &i, sizeof(i)) != sizeof(i)) ::_exit(2);
  }
}

TEST(SqlStore, KeepsEveryAcknowledgedAccountWhenTheServiceIsKilledOverSqlite) {
  const TemporaryFolder folder;
  int report[2];
  ASSERT_EQ(::pipe(report), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) StoreUntilKilled(folder.database_url(), report[1]);
  ::close(report[1]);
  int last = -1;
  for (int i = 0; last < 100 && ::read(report[0], &i, sizeof(i)) == sizeof(i);) last = i;
  ASSERT_EQ(last, 100);
  ::kill(child, SIGKILL);
  for (int i = 0; ::read(report[0], &i, sizeof(i)) == sizeof(i);) last = i;
  ::close(report[0]);
  ::waitpid(child, nullptr, 0);

  const auto store = OpenStore(folder.database_url());
  for (int i = 0; i <= last; ++i) EXPECT_TRUE(Find(*store, Numbered(i)).ok()) << Numbered(i);
}

// --- Recovery

TEST(SqlStore, HealsByItselfAfterPostgresqlRestarted) {
  PostgresServer server;
  const auto store = OpenStore(server.NewDatabase(), {.connections = 4, .queue = 256});
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  for (int round = 0; round < 3; ++round) {
    // All connections are in use before, and so all are dead after.
    std::vector<std::future<absl::StatusOr<Account>>> calls;
    for (int i = 0; i < 16; ++i) {
      calls.push_back(
          std::async(std::launch::async, [&] { return Find(*store, "ann@example.org"); }));
    }
    for (auto& call : calls) {
      const auto found = call.get();
      EXPECT_TRUE(found.ok()) << "round " << round << ": " << found.status();
    }
    server.Restart();
    const auto created = Create(*store, Numbered(round));
    EXPECT_TRUE(created.ok()) << created.status();
  }
}

TEST(SqlStore, SaysThatPostgresqlIsAwayAndComesBackWithIt) {
  PostgresServer server;
  const auto store = OpenStore(server.NewDatabase());
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  for (const bool orderly : {true, false}) {
    orderly ? server.Stop() : server.Kill();
    for (int i = 0; i < 8; ++i) {
      const absl::Status status = Find(*store, "ann@example.org").status();
      EXPECT_EQ(ReasonOf(status), errors::reasons::DEPENDENCY_DOWN) << status;
      EXPECT_TRUE(errors::RetryAfterOf(status).has_value());
    }
    EXPECT_EQ(ReasonOf(Ping(*store)), errors::reasons::DEPENDENCY_DOWN);
    server.Start();
    EXPECT_TRUE(Ping(*store).ok());
    EXPECT_TRUE(Find(*store, "ann@example.org").ok());
  }
}

TEST(SqlStore, CanBeMadeBeforeItsDatabaseIsUp) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  server.Stop();
  const auto store = OpenStore(url);
  EXPECT_EQ(ReasonOf(Create(*store, "ann@example.org").status()), errors::reasons::DEPENDENCY_DOWN);
  server.Start();
  EXPECT_TRUE(Create(*store, "ann@example.org").ok());
}

TEST(SqlStore, HealsWhenItsConnectionsAreEndedOneByOne) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  const auto store = OpenStore(url, {.connections = 1, .queue = 8});
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  for (int i = 0; i < 5; ++i) {
    server.Execute(url,
                   "select pg_terminate_backend(pid) from pg_stat_activity "
                   "where application_name = 'tokenforge-users'");
    const auto created = Create(*store, Numbered(i));
    EXPECT_TRUE(created.ok()) << created.status();
  }
}

}  // namespace
}  // namespace tokenforge::users
