// What the SQL store promises beyond the contract: every wait has an end, and no error tells a
// value.
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "lib/uuid/uuid.h"
#include "services/users/account_store_sql.h"
#include "soci/soci.h"
#include "soci/sqlite3/soci-sqlite3.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {
namespace {

using contract::PostgresServer;
using contract::TableLock;
using errors::ReasonOf;
using secret::Secret;
using std::chrono::milliseconds;

// Everything logged while this lives.
class CapturedLog {
 public:
  CapturedLog() {
    telemetry::SetLogSink([lines = lines_](telemetry::Level, std::string_view line) {
      const std::lock_guard lock(lines->mutex);
      lines->text += std::string(line) + "\n";
    });
  }
  ~CapturedLog() { telemetry::SetLogSink({}); }
  std::string text() const {
    const std::lock_guard lock(lines_->mutex);
    return lines_->text;
  }

 private:
  struct Lines {
    std::mutex mutex;
    std::string text;
  };
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
};

void ExpectSilentAbout(const std::string& mark, const absl::Status& status) {
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(status.ToString().find(mark), std::string::npos) << status;
}

// --- Limits

TEST(SqlStoreLimits, AnswersEveryCallInTimeWhileTheDatabaseIsStalled) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  const auto store =
      OpenStore(url, {.connections = 2, .queue = 2},
                {.connect = std::chrono::seconds(3), .statement = std::chrono::seconds(1)});
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  const CanonicalEmail ann = *CanonicalEmail::Parse("ann@example.org");

  auto lock = std::make_unique<TableLock>(url, "accounts");
  std::vector<std::future<errors::Reason>> calls;
  const auto call = [&](Deadline deadline) {
    auto answer = std::make_shared<std::promise<errors::Reason>>();
    calls.push_back(answer->get_future());
    async::Spawn(store->accounts.FindByEmail(deadline, ann),
                 [answer](const std::exception_ptr&, const absl::StatusOr<Account>& found) {
                   answer->set_value(ReasonOf(found.status()).value_or(errors::Reason()));
                 });
  };
  call(InAMinute());
  call(InAMinute());
  while (store->database.pool().running() < 2) std::this_thread::yield();
  call(std::chrono::steady_clock::now() + milliseconds(50));
  call(std::chrono::steady_clock::now() + milliseconds(50));
  call(InAMinute());
  EXPECT_EQ(calls[4].get(), errors::reasons::OVERLOADED);       // at once
  EXPECT_EQ(calls[2].get(), errors::reasons::DEADLINE_PASSED);  // while both threads are stuck
  EXPECT_EQ(calls[3].get(), errors::reasons::DEADLINE_PASSED);
  EXPECT_EQ(calls[0].get(), errors::reasons::DEPENDENCY_DOWN);  // the statement's own limit
  EXPECT_EQ(calls[1].get(), errors::reasons::DEPENDENCY_DOWN);

  lock.reset();
  EXPECT_TRUE(Find(*store, "ann@example.org").ok());
}

TEST(SqlStoreLimits, WaitsForAnotherWriterOfSqliteOnlySoLong) {
  const TemporaryFolder folder;
  const auto store =
      OpenStore(folder.database_url(), {},
                {.connect = std::chrono::seconds(1), .statement = std::chrono::seconds(1)});
  ASSERT_TRUE(Create(*store, "ann@example.org").ok());
  soci::session other(soci::sqlite3, "db=\"" + folder.database_file() + "\"");
  other << "begin immediate";
  EXPECT_EQ(ReasonOf(Create(*store, "bob@example.org").status()), errors::reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(Find(*store, "ann@example.org").ok());  // readers do not wait for a writer
  other << "rollback";
  EXPECT_TRUE(Create(*store, "bob@example.org").ok());
}

// --- Silence

TEST(SqlStoreLimits, NeverTellsAValueInAnErrorOrTheLog) {
  const CapturedLog log;
  PostgresServer server;
  const std::string url = server.NewDatabase();
  const TemporaryFolder folder;
  const auto marked = [](const std::string& id) {
    NewAccount account = MakeAccount(id, "marked@example.org");
    account.given_name = "MARKED-name";
    account.password_hash = Secret("MARKED-hash");
    return account;
  };
  for (const std::string& each : {url, folder.database_url()}) {
    const auto store = OpenStore(
        each, {}, {.connect = std::chrono::seconds(1), .statement = std::chrono::seconds(1)});
    ASSERT_TRUE(Create(*store, marked(uuid::NewId())).ok());
    const absl::Status taken = Create(*store, marked(uuid::NewId())).status();
    EXPECT_EQ(ReasonOf(taken), errors::reasons::EMAIL_TAKEN);
    ExpectSilentAbout("MARKED", taken);
    ExpectSilentAbout("marked@", taken);
  }
  {
    const auto store = OpenStore(
        url, {}, {.connect = std::chrono::seconds(1), .statement = std::chrono::seconds(1)});
    ASSERT_TRUE(Ping(*store).ok());
    const TableLock lock(url, "accounts");
    ExpectSilentAbout("MARKED", Create(*store, marked(uuid::NewId())).status());
    ExpectSilentAbout("marked@", Find(*store, "marked@example.org").status());
  }
  const auto store = OpenStore(url);
  server.Execute(url, "alter table accounts add check (given_name not like 'MARKED%') not valid");
  NewAccount other = MakeAccount(uuid::NewId(), "marked2@example.org");
  other.given_name = "MARKED-name";
  const absl::Status broken =
      Create(*store, std::move(other)).status();  // its detail repeats the row
  EXPECT_EQ(ReasonOf(broken), errors::reasons::INTERNAL_FAULT);
  ExpectSilentAbout("MARKED", broken);
  server.Stop();
  ExpectSilentAbout("MARKED", Create(*store, marked(uuid::NewId())).status());
  ExpectSilentAbout("marked@", Find(*store, "marked@example.org").status());

  EXPECT_NE(log.text().find("cannot connect"), std::string::npos);  // the operator is told, once
  EXPECT_EQ(log.text().find("MARKED"), std::string::npos) << log.text();
  EXPECT_EQ(log.text().find("marked@"), std::string::npos) << log.text();
}

TEST(SqlStoreLimits, NeverTellsTheDatabasePasswordWhenItIsWrong) {
  const CapturedLog log;
  PostgresServer server;
  const auto store = OpenStore(server.NewDatabase(), {}, {}, "MARKED wrong = password");
  const absl::Status status = Ping(*store);
  EXPECT_EQ(ReasonOf(status), errors::reasons::DEPENDENCY_DOWN);
  ExpectSilentAbout("MARKED", status);
  EXPECT_NE(log.text().find("password authentication failed"), std::string::npos) << log.text();
  EXPECT_EQ(log.text().find("MARKED"), std::string::npos) << log.text();
}

}  // namespace
}  // namespace tokenforge::users
