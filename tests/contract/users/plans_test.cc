// Every statement finds its rows by an index, among 100,000 accounts and as many mails, tokens,
// devices and factors: asked of both databases about the very statements that the connection has
// prepared, so that none is forgotten. audit_sql_test does the same for the audit log.
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <iostream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/users/account_rows.h"
#include "services/users/directory_rows.h"
#include "services/users/factor_rows.h"
#include "services/users/import_rows.h"
#include "services/users/known_device_rows.h"
#include "services/users/outbox_rows.h"
#include "services/users/token_rows.h"
#include "tests/contract/users/two_databases.h"

namespace tokenforge::users {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kFillOnPostgres =
    "insert into accounts (id, email, email_verified, given_name, family_name, password_hash, "
    "roles, scopes, disabled, create_time, update_time, version) "
    "select md5(cast(i as text)), 'user' || i || '@example.org', 1, 'A', 'B', "
    "'$2b$12$x', "
    "case when i % 50000 = 0 then 'admin user' else 'user' end, '', 0, 0, 0, 1 "
    "from generate_series(1, 100000) i";
constexpr const char* kFillOnSqlite =
    "with recursive n (i) as (select 1 union all select i + 1 from n where i < 100000) "
    "insert into accounts (id, email, email_verified, given_name, family_name, password_hash, "
    "roles, scopes, disabled, create_time, update_time, version) "
    "select lower(hex(randomblob(16))), 'user' || i || '@example.org', 1, 'A', 'B', '$2b$12$x', "
    "case when i % 50000 = 0 then 'admin user' else 'user' end, '', 0, 0, 0, 1 from n";
constexpr const char* kFillOthers[] = {
    "insert into removed_accounts (id, remove_time) select 'x' || id, 0 from accounts",
    "insert into mail_outbox (id, kind, email, user_id, attributes, create_time, "
    "next_attempt_time) select id, 'a', email, id, '{}', 0, length(id) from accounts",
    "insert into single_use_tokens (hash, purpose, user_id, expire_time) "
    "select id, 'a', id, length(id) from accounts",
    "insert into known_devices (user_id, trait, last_seen_time) select id, 'a', 0 from accounts",
    "insert into second_factors (user_id, enrolled_secret, enrolled_tries, secret, last_step, "
    "recovery_hashes) select id, '', 0, '', 0, '' from accounts",
    "insert into login_challenges (hash, user_id, client_id, device_name, user_agent, "
    "device_address, tries, create_time, expire_time) select id, id, '', '', '', '', 0, 0, 0 from "
    "accounts"};

// How many mails wait is asked every few seconds, and there are few: those that wait.
constexpr const char* kMayReadAll = "select count(*), coalesce(min(create_time)";

std::vector<std::string> Texts(soci::session& session, const std::string& query) {
  std::vector<std::string> texts;
  std::string text;
  soci::statement select = (session.prepare << query, soci::into(text));
  for (bool more = select.execute(true); more; more = select.fetch()) texts.push_back(text);
  return texts;
}

std::vector<std::string> PlansOnPostgres(soci::session& session) {
  session << "set plan_cache_mode = force_generic_plan";
  const std::string from =
      " from pg_prepared_statements where statement not like '%pg_prepared%' order by name";
  const auto statements = Texts(session, "select statement" + from);
  const auto explains =
      Texts(session,
            "select 'explain execute ' || quote_ident(name) || case when "
            "cardinality(parameter_types) = 0 "
            "then '' else '(' || array_to_string(array_fill(cast('null' as text), "
            "array[cardinality(parameter_types)]), ',') || ')' end" +
                from);
  std::vector<std::string> plans;
  for (std::size_t i = 0; i < explains.size(); ++i) {
    std::string plan = statements.at(i) + "\n";
    for (const std::string& line : Texts(session, explains[i])) plan += line + "\n";
    plans.push_back(plan);
  }
  return plans;
}

std::vector<std::string> PlansOnSqlite(soci::session& session) {
  auto* const connection =
      static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
  std::vector<std::string> statements;
  for (auto* one = sqlite_api::sqlite3_next_stmt(connection, nullptr); one != nullptr;
       one = sqlite_api::sqlite3_next_stmt(connection, one)) {
    statements.emplace_back(sqlite_api::sqlite3_sql(one));
  }
  std::vector<std::string> plans;
  for (const std::string& sql : statements) {
    std::string plan = sql + "\n";
    sqlite_api::sqlite3_stmt* explain = nullptr;
    sqlite_api::sqlite3_prepare_v2(connection, ("explain query plan " + sql).c_str(), -1, &explain,
                                   nullptr);
    while (sqlite_api::sqlite3_step(explain) == SQLITE_ROW) {
      plan += "  ";
      plan += reinterpret_cast<const char*>(sqlite_api::sqlite3_column_text(explain, 3));
      plan += "\n";
    }
    sqlite_api::sqlite3_finalize(explain);
    plans.push_back(plan);
  }
  return plans;
}

using Plans = TwoDatabases;

TEST_P(Plans, NoStatementReadsAWholeTable) {
  SqlStores stores(url(), {.connections = 1}, {.statement = std::chrono::seconds(60)});
  std::vector<std::string> plans;
  auto look = [&](SqlSession& session) {
    soci::session& sql = session.soci();
    sql << (on_postgres() ? kFillOnPostgres : kFillOnSqlite);
    for (const char* fill : kFillOthers) sql << fill;
    sql << "analyze";
    static_cast<void>(session.Part<AccountRows>());
    static_cast<void>(session.Part<ImportRows>());
    static_cast<void>(session.Part<DirectoryRows>());
    static_cast<void>(session.Part<FactorRows>());
    static_cast<void>(session.Part<KnownDeviceRows>());
    static_cast<void>(session.Part<OutboxRows>());
    static_cast<void>(session.Part<TokenRows>());
    plans = on_postgres() ? PlansOnPostgres(sql) : PlansOnSqlite(sql);
    return absl::OkStatus();
  };
  ASSERT_TRUE(Wait(stores.database.Run(InAMinute() + std::chrono::minutes(4), "Look", look)).ok());
  EXPECT_GE(plans.size(), 35u);
  for (const std::string& plan : plans) {
    std::cout << plan << "\n";
    if (plan.find(kMayReadAll) != std::string::npos) continue;
    if (on_postgres()) {
      EXPECT_THAT(plan, Not(HasSubstr("Seq Scan")));
    } else {
      EXPECT_THAT(plan, testing::AnyOf(Not(HasSubstr("SCAN ")),
                                       HasSubstr("SCAN accounts USING INDEX accounts_adm"),
                                       HasSubstr("COVERING INDEX accounts_adm"),
                                       HasSubstr("SCAN CONSTANT ROW")));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, Plans, testing::ValuesIn(kTwoDatabases), NameOfDatabase);

}  // namespace
}  // namespace tokenforge::users
