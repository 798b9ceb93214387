#include "services/users/migrations.h"

#include <soci/soci.h>

#include <chrono>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "services/users/sql_dialect.h"

namespace tokenforge::users {
namespace {

struct Step {
  int version;
  const char* name;
  std::vector<const char*>
      statements;  // "{key}" stands for SqlDialect::key_type(); no colons: SOCI binds them
  // The program that knew this many steps, and each since, can work with the schema that this step
  // leaves: the release before, so that its replicas may start again during an update.
  int oldest_program = 0;
};

// From this step on the database tells older programs whether they can work with it.
constexpr int kTellsOlderPrograms = 8;

// Truth values are integers and times microseconds of Unix time: both databases and SOCI agree on
// those.
const std::vector<Step>& Steps() {
  static const auto* steps = new std::vector<Step>{
      {1,
       "accounts",
       {"create table accounts ("
        " id {key} primary key,"
        " email {key} not null unique,"
        " email_verified integer not null,"
        " given_name text not null,"
        " family_name text not null,"
        " password_hash text not null,"
        " roles text not null,"   // sorted, joined by spaces
        " scopes text not null,"  // the same
        " disabled integer not null,"
        " create_time bigint not null,"
        " update_time bigint not null,"
        " version bigint not null)"}},
      {2,
       "accounts in full",
       // One each: SQLite adds one column a statement.
       {"alter table accounts add column mfa_enabled integer not null default 0",
        "alter table accounts add column sessions_valid_from bigint not null default 0",
        "alter table accounts add column kept_session_id text not null default ''"}},
      {3,
       "audit",
       {"create table audit_events ("
        " sequence bigint primary key,"
        " event_time bigint not null,"
        " kind {key} not null,"
        " user_id {key} not null,"
        " actor {key} not null,"
        " ip_address text not null,"
        " request_id text not null,"
        " trace_id text not null,"
        " attributes text not null,"  // a JSON object of texts
        " hash text not null)",       // hexadecimal
        // Each serves one kind of question (audit_queries.h), whose order it has.
        "create index audit_events_time on audit_events (event_time, sequence)",
        "create index audit_events_user on audit_events (user_id, event_time, sequence)",
        "create index audit_events_kind on audit_events (kind, event_time, sequence)",
        "create index audit_events_user_kind on audit_events (user_id, kind, event_time, sequence)",
        "create table audit_head (id integer primary key, sequence bigint not null, hash text not "
        "null)",
        "insert into audit_head (id, sequence, hash) values (1, 0, '')"}},
      {4,
       "mail outbox",
       {"create table mail_outbox ("
        " id {key} primary key,"
        " kind text not null,"
        " email {key} not null,"
        " user_id {key} not null,"    // empty when it was not known
        " attributes text not null,"  // a JSON object of texts
        " create_time bigint not null,"
        " next_attempt_time bigint not null,"
        " attempts integer not null default 0)",
        "create index mail_outbox_due on mail_outbox (next_attempt_time)"}},
      {5,
       "single-use tokens and known devices",
       {"create table single_use_tokens ("
        " hash {key} primary key,"  // hexadecimal SHA-256
        " purpose {key} not null,"
        " user_id {key} not null references accounts (id) on delete cascade,"
        " expire_time bigint not null)",
        "create index single_use_tokens_owner on single_use_tokens (user_id, purpose)",
        "create index single_use_tokens_expired on single_use_tokens (expire_time)",
        "create table known_devices ("
        " user_id {key} not null references accounts (id) on delete cascade,"
        " trait {key} not null,"  // "device:" or "network:", then a hexadecimal SHA-256
        " last_seen_time bigint not null,"
        " primary key (user_id, trait))"}},
      {6,
       "second factor",
       // Times are microseconds; secrets are sealed, hashes hexadecimal.
       {"create table second_factors ("
        " user_id {key} primary key references accounts (id) on delete cascade,"
        " enrolled_secret text not null,"
        " enrolled_tries integer not null,"
        " secret text not null,"
        " last_step bigint not null,"
        " recovery_hashes text not null)",  // joined by spaces
        "create table login_challenges ("
        " hash {key} primary key,"
        " user_id {key} not null references accounts (id) on delete cascade,"
        " client_id text not null,"
        " device_name text not null,"
        " user_agent text not null,"
        " device_address text not null,"
        " tries integer not null,"
        " create_time bigint not null,"
        " expire_time bigint not null)",
        "create index login_challenges_of_user on login_challenges (user_id, expire_time)"}},
      {7,
       "administration",
       // Whom the suite must not lose the last of; few, whatever the number of accounts.
       {"create index accounts_administrators on accounts (id)"
        " where disabled = 0 and ' ' || roles || ' ' like '% admin %'",
        // So that no import gives a removed account's ID to somebody else.
        "create table removed_accounts (id {key} primary key, remove_time bigint not null)"}},
      {kTellsOlderPrograms,
       "what older programs are told",
       {"alter table schema_migrations add column oldest_program integer"},
       7},
  };
  return *steps;
}

std::string ForDialect(const SqlDialect& dialect, std::string statement) {
  constexpr std::string_view kKey = "{key}";
  for (std::size_t at; (at = statement.find(kKey)) != std::string::npos;) {
    statement.replace(at, kKey.size(), dialect.key_type());
  }
  return statement;
}

// 0 for a database that we never saw. Outside a transaction, where a failed query harms nothing.
int VersionBeforeLock(const SqlDialect& dialect, soci::session& session) {
  try {
    int version = 0;
    session << "select coalesce(max(version), 0) from schema_migrations", soci::into(version);
    return version;
  } catch (const soci::soci_error&) {
    if (dialect.CurrentFault().kind != SqlFault::kBroken) throw;
    return 0;
  }
}

void Apply(const SqlDialect& dialect, soci::session& session, const Step& step) {
  for (const char* statement : step.statements) session << ForDialect(dialect, statement);
  // SOCI reads what it was given at the end of the expression: no temporaries.
  const std::string name = step.name;
  const long long now = std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count();
  session
      << "insert into schema_migrations (version, name, apply_time) values (:version, :name, :now)",
      soci::use(step.version), soci::use(name), soci::use(now);
  if (step.version < kTellsOlderPrograms) return;
  session << "update schema_migrations set oldest_program = :oldest where version = :version",
      soci::use(step.oldest_program), soci::use(step.version);
}

// Of a database that a newer program has brought further.
absl::Status Newer(soci::session& session, int version) {
  const int known = LatestSchemaVersion();
  int not_for_us = 0;
  session << "select count(*) from schema_migrations where version > :known and "
             "coalesce(oldest_program, version) > :known_too",
      soci::into(not_for_us), soci::use(known), soci::use(known);
  if (not_for_us == 0) return absl::OkStatus();
  return errors::Make(errors::reasons::INTERNAL_FAULT,
                      "The account database has schema " + std::to_string(version) +
                          ", this program knows " + std::to_string(LatestSchemaVersion()) +
                          " at most; start the newer program.");
}

}  // namespace

int LatestSchemaVersion() { return Steps().back().version; }

absl::Status Migrate(const SqlDialect& dialect, soci::session& session) {
  int version = VersionBeforeLock(dialect, session);
  if (version > LatestSchemaVersion()) return Newer(session, version);
  if (version == LatestSchemaVersion()) return absl::OkStatus();

  dialect.BeginMigration(session);
  session << "create table if not exists schema_migrations ("
             "version integer primary key, name text not null, apply_time bigint not null)";
  // Another process may have been quicker.
  session << "select coalesce(max(version), 0) from schema_migrations", soci::into(version);
  for (const Step& step : Steps()) {
    if (step.version > version) Apply(dialect, session, step);
  }
  session << "commit";
  // A commit whose transaction had failed returns without an error: only reading tells.
  session << "select coalesce(max(version), 0) from schema_migrations", soci::into(version);
  if (version > LatestSchemaVersion()) return Newer(session, version);
  if (version < LatestSchemaVersion()) {
    return errors::Make(errors::reasons::INTERNAL_FAULT, "The account database kept no migration.");
  }
  return absl::OkStatus();
}

}  // namespace tokenforge::users
