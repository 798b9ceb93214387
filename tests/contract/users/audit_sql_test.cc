// What the audit log in SQL promises beyond the contract: plans that walk an index, a chain that
// crashes do not break and that shows what was done to its rows.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/users/audit_queries.h"
#include "services/users/audit_store_sql.h"
#include "soci/soci.h"
#include "soci/sqlite3/soci-sqlite3.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {
namespace {

using contract::PostgresServer;

// --- Plans

// The parameters by name become values.
std::string With(std::string sql, const std::vector<std::pair<std::string, std::string>>& values) {
  for (const auto& [name, value] : values) {
    if (const std::size_t at = sql.find(name); at != std::string::npos) {
      sql.replace(at, name.size(), value);
    }
  }
  return sql;
}

// A user with thousands of events, a kind that is rare, a place in the middle of them.
std::vector<std::pair<std::string, std::string>> Literals() {
  return {{":user_id", "'user-7'"},
          {":kind", "'kind.3'"},
          {":since", "1800000050000000"},
          {":before_time", "1800000150000000"},
          {":before_sequence", "150000"},
          {":after", "50000"},
          {":most", "101"}};
}

struct Question {
  const char* name;
  std::string sql;
  const char* index;
};

std::vector<Question> Questions() {
  return {{"by time", AuditQueries::ListSql(false, false), "audit_events_time"},
          {"by user", AuditQueries::ListSql(true, false), "audit_events_user"},
          {"by kind", AuditQueries::ListSql(false, true), "audit_events_kind"},
          {"by user and kind", AuditQueries::ListSql(true, true), "audit_events_user_kind"},
          {"along the chain", AuditQueries::FollowSql(), nullptr}};
}

TEST(AuditSql, PostgresqlAnswersEveryQuestionByWalkingAnIndexOfAQuarterMillionEvents) {
  PostgresServer server;
  const std::string url = server.NewDatabase();
  ASSERT_TRUE(Ping(*OpenStore(url)).ok());
  server.Execute(url,
                 "insert into audit_events select g, 1800000000000000 + g * 1000, "
                 "'kind.' || g % 77, 'user-' || g % 20, '', '', '', '', '{}', '' "
                 "from generate_series(1, 250000) g");
  server.Execute(url, "analyze audit_events");
  for (const Question& question : Questions()) {
    const std::string plan =
        server.Query(url, "explain (format json) " + With(question.sql, Literals()));
    // Walked from the place on, or, when it holds few of them, read whole and sorted.
    EXPECT_NE(plan.find("Index Scan\""), std::string::npos) << question.name << plan;
    EXPECT_EQ(plan.find("Seq Scan"), std::string::npos) << question.name << plan;
    const std::string index = question.index ? question.index : "audit_events_pkey";
    EXPECT_NE(plan.find("\"" + index + "\""), std::string::npos) << question.name << plan;
  }
}

TEST(AuditSql, SqliteAnswersEveryQuestionByWalkingAnIndexOfAQuarterMillionEvents) {
  const TemporaryFolder folder;
  ASSERT_TRUE(Ping(*OpenStore(folder.database_url())).ok());
  soci::session session(soci::sqlite3, "db=\"" + folder.database_file() + "\"");
  session << "with recursive g(n) as (select 1 union all select n + 1 from g where n < 250000) "
             "insert into audit_events select n, 1800000000000000 + n * 1000, 'kind.' || n % 77, "
             "'user-' || n % 20, '', '', '', '', '{}', '' from g";
  for (const char* statistics : {"", "analyze"}) {
    if (*statistics != '\0') session << statistics;
    for (const Question& question : Questions()) {
      const soci::rowset<soci::row> rows =
          (session.prepare << "explain query plan " + With(question.sql, Literals()));
      std::string plan;
      for (const soci::row& row : rows) plan += row.get<std::string>("detail") + "\n";
      const std::string index =
          question.index ? std::string("USING INDEX ") + question.index + " " : "PRIMARY KEY";
      const bool walks =
          plan.find("SEARCH audit_events") != std::string::npos &&
          (plan.find(index) != std::string::npos ||
           (!question.index && plan.find("sqlite_autoindex_audit_events_1") != std::string::npos));
      EXPECT_TRUE(walks) << question.name << ": " << plan;
      EXPECT_EQ(plan.find("SCAN"), std::string::npos) << question.name << ": " << plan;
      EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << question.name << ": " << plan;
    }
  }
}

// --- Crashes

// What a check of the whole log finds, its links on the way in `links`; nothing: it is one chain.
std::optional<std::string> Fault(SqlStores& stores, std::vector<audit::Link>* links = nullptr) {
  AuditStoreSql audit(stores.database);
  audit::ChainCheck check;
  const auto events = Wait(audit.Follow(InAMinute(), 0, 1'000'000));
  if (!events.ok()) return std::string(events.status().message());
  for (const AuditEvent& event : *events) {
    if (auto fault = check.Next(event)) return fault;
    if (links) links->push_back(check.head());
  }
  const auto head = Wait(audit.Head(InAMinute()));
  if (!head.ok()) return std::string(head.status().message());
  if (*head != check.head()) return "the head is not the last event";
  return std::nullopt;
}

TEST(AuditSql, KeepsAWholeChainWhenPostgresqlIsKilled) {
  PostgresServer server;
  const auto stores = OpenStore(server.NewDatabase());
  ASSERT_TRUE(Ping(*stores).ok());
  std::size_t acknowledged = 0;
  for (int round = 0; round < 3; ++round) {
    AuditStoreSql audit(stores->database);
    std::atomic<int> done = 0;
    std::promise<void> enough;
    std::vector<std::thread> writers;
    for (int w = 0; w < 4; ++w) {
      writers.emplace_back([&] {
        while (Wait(audit.Append(InAMinute(), EventOf("login.failed", ""))).ok()) {
          if (++done == 100) enough.set_value();
        }
      });
    }
    enough.get_future().wait();
    server.Kill();  // while the writers are at it
    for (std::thread& writer : writers) writer.join();
    acknowledged += static_cast<std::size_t>(done);
    server.Start();
    std::vector<audit::Link> links;
    EXPECT_EQ(Fault(*stores, &links), std::nullopt);
    EXPECT_GE(links.size(), acknowledged);
  }
}

// In a process of its own: accounts with their events, and events that stand alone, for ever.
[[noreturn]] void WriteUntilKilled(const std::string& url, int report) {
  const auto stores = OpenStore(url);
  for (int i = 0;; ++i) {
    if (!Create(*stores, Numbered(i)).ok()) ::_exit(1);
    const Beside beside{.events = {EventOf("login.failed", ""), EventOf("login.failed", "")}};
    if (!Wait(stores->accounts.Record(InAMinute(), beside)).ok()) ::_exit(2);
    if (::write(report, &i, sizeof(i)) != sizeof(i)) ::_exit(3);
  }
}

TEST(AuditSql, KeepsAWholeChainWhenTheServiceIsKilledOverSqlite) {
  const TemporaryFolder folder;
  int report[2];
  ASSERT_EQ(::pipe(report), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) WriteUntilKilled(folder.database_url(), report[1]);
  ::close(report[1]);
  int last = -1;
  for (int i = 0; last < 50 && ::read(report[0], &i, sizeof(i)) == sizeof(i);) last = i;
  ::kill(child, SIGKILL);
  for (int i = 0; ::read(report[0], &i, sizeof(i)) == sizeof(i);) last = i;
  ::close(report[0]);
  ::waitpid(child, nullptr, 0);
  ASSERT_GE(last, 50);
  const auto stores = OpenStore(folder.database_url());
  std::vector<audit::Link> links;
  EXPECT_EQ(Fault(*stores, &links), std::nullopt);
  EXPECT_GE(links.size(), 3 * (static_cast<std::size_t>(last) + 1));
}

// --- Forgery

// Twenty events, then somebody who can write to the table.
class ForgedLog {
 public:
  ForgedLog() {
    for (int i = 0; i < 20; ++i) {
      AuditEvent event = EventOf("login.failed", "");
      event.attributes["n"] = std::to_string(i);
      const auto appended = Wait(AuditStoreSql(stores_->database).Append(InAMinute(), event));
      if (!appended.ok()) throw std::runtime_error("append");
    }
    if (Fault(*stores_, &links_)) throw std::runtime_error("the chain was never good");
  }
  void Execute(const std::string& sql) { server_.Execute(url_, sql); }
  std::optional<std::string> FirstFault() { return Fault(*stores_); }
  const audit::Link& link(std::size_t sequence) const { return links_[sequence - 1]; }
  // Whether the log still goes through a link that somebody kept.
  bool Holds(const audit::Link& kept) {
    std::vector<audit::Link> links;
    return !Fault(*stores_, &links) && std::find(links.begin(), links.end(), kept) != links.end();
  }

 private:
  PostgresServer server_;
  const std::string url_ = server_.NewDatabase();
  const std::unique_ptr<SqlStores> stores_ = OpenStore(url_);
  std::vector<audit::Link> links_;
};

TEST(AuditSql, ShowsWhateverSomebodyDidToItsRows) {
  ForgedLog log;
  const std::string copy =
      "insert into audit_events select 10, event_time, kind, user_id, actor, ip_address, "
      "request_id, trace_id, attributes, hash from audit_events where sequence = 9";
  const struct {
    const char* what;
    std::string forge, mend;
  } forgeries[] = {
      {"changed attribute",
       "update audit_events set attributes = '{\"n\":\"x\"}' where sequence = 7",
       "update audit_events set attributes = '{\"n\":\"6\"}' where sequence = 7"},
      {"changed time", "update audit_events set event_time = event_time + 1 where sequence = 1",
       "update audit_events set event_time = event_time - 1 where sequence = 1"},
      {"changed kind", "update audit_events set kind = 'login.succeeded' where sequence = 20",
       "update audit_events set kind = 'login.failed' where sequence = 20"},
      {"changed user", "update audit_events set user_id = 'x' where sequence = 3",
       "update audit_events set user_id = '' where sequence = 3"},
      {"moved",
       "update audit_events set sequence = -5 where sequence = 5; update audit_events set sequence "
       "= 5 where sequence = 6; update audit_events set sequence = 6 where sequence = -5",
       "update audit_events set sequence = -5 where sequence = 5; update audit_events set sequence "
       "= 5 where sequence = 6; update audit_events set sequence = 6 where sequence = -5"},
      {"put in", "update audit_events set sequence = 100 + sequence where sequence >= 10; " + copy,
       "delete from audit_events where sequence = 10; update audit_events set sequence = sequence "
       "- "
       "100 where sequence >= 110"},
  };
  for (const auto& [what, forge, mend] : forgeries) {
    log.Execute(forge);
    EXPECT_TRUE(log.FirstFault()) << what;
    log.Execute(mend);
    ASSERT_EQ(log.FirstFault(), std::nullopt) << what;
  }
  log.Execute("delete from audit_events where sequence = 12");
  const auto fault = log.FirstFault();
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("1 between them are gone"), std::string::npos) << *fault;
}

TEST(AuditSql, ShowsACutOffEndToWhoeverKeptALink) {
  ForgedLog log;
  log.Execute("delete from audit_events where sequence > 15");
  EXPECT_TRUE(log.FirstFault());  // the head gives it away
  log.Execute(
      "update audit_head set sequence = 15, hash = (select hash from audit_events where "
      "sequence = 15)");
  // Whoever does that too leaves a chain like any other: only a link kept elsewhere tells.
  EXPECT_EQ(log.FirstFault(), std::nullopt);
  EXPECT_TRUE(log.Holds(log.link(15)));
  EXPECT_FALSE(log.Holds(log.link(20)));
}

// --- The release before

TEST(AuditSql, LeavesTheSchemaUsableForTheReleaseBefore) {
  // Its statements, as they stood in it.
  const std::string insert =
      "insert into accounts (id, email, email_verified, given_name, family_name, password_hash, "
      "roles, scopes, disabled, create_time, update_time, version) values ('"
      "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77', 'old@example.org', 0, 'Old', 'Release', "
      "'$2b$04$hash', '', '', 0, 1800000000123456, 1800000000123456, 1)";
  const std::string select =
      "select id, email, email_verified, given_name, family_name, password_hash, roles, scopes, "
      "disabled, create_time, update_time from accounts where email = 'new@example.org'";

  PostgresServer server;
  const std::string url = server.NewDatabase();
  const TemporaryFolder folder;
  const auto postgresql = OpenStore(url);
  const auto sqlite = OpenStore(folder.database_url());
  for (SqlStores* stores : {postgresql.get(), sqlite.get()}) {
    ASSERT_TRUE(Create(*stores, "new@example.org").ok());
  }
  server.Execute(url, insert);
  EXPECT_FALSE(server.Query(url, select).empty());
  soci::session session(soci::sqlite3, "db=\"" + folder.database_file() + "\"");
  session << insert;
  std::string id;
  session << select, soci::into(id);
  EXPECT_FALSE(id.empty());
  // And this release works with what the old one wrote.
  for (SqlStores* stores : {postgresql.get(), sqlite.get()}) {
    const auto found = Find(*stores, "old@example.org");
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_FALSE(found->mfa_enabled);
    EXPECT_EQ(found->sessions_valid_from, clock::WallTime());
    auto touch = [](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
      account.account.given_name = "Touched";
      return Beside{.events = {EventOf("account.updated", account.account.user_id)}};
    };
    EXPECT_TRUE(Wait(stores->accounts.Change(InAMinute(), found->user_id, touch)).ok());
    EXPECT_EQ(Fault(*stores), std::nullopt);
  }
}

}  // namespace
}  // namespace tokenforge::users
