#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>

#include <map>
#include <optional>

#include "lib/errors/errors.h"
#include "services/users/sql_dialects.h"

namespace tokenforge::users {
namespace {

// One number for all of TokenForge's migrations of this database; others' advisory locks are
// elsewhere.
constexpr const char* kMigrationLock = "select pg_advisory_xact_lock(7412553906321)";

// libpq's quoting of a value in a connection string: afterwards nothing in it can be read as
// another option.
std::string Quoted(std::string_view value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// Said by the server about matters of no interest to us ("relation exists, skipping"); by default
// on stderr.
void DropNotice(void*, const char*) {}

class PostgresqlDialect final : public SqlDialect {
 public:
  // The connection string is kept for reconnecting and, when it holds a password, wiped with this
  // object.
  explicit PostgresqlDialect(secret::Secret connection) : connection_(std::move(connection)) {}

  std::string_view name() const override { return "postgresql"; }
  // Not the database's collation: it follows the C library, whose next version may sort otherwise
  // and so damage the index behind a unique column.
  std::string_view key_type() const override { return "text collate \"C\""; }

  std::unique_ptr<soci::session> Connect() const override {
    auto session =
        std::make_unique<soci::session>(soci::postgresql, std::string(connection_.Expose()));
    auto* backend = static_cast<soci::postgresql_session_backend*>(session->get_backend());
    PQsetNoticeProcessor(backend->conn_, &DropNotice, nullptr);
    return session;
  }

  void BeginMigration(soci::session& session) const override {
    session << "begin";
    session << kMigrationLock;
  }

  SqlFault CurrentFault() const override {
    try {
      throw;
    } catch (const soci::postgresql_soci_error& error) {
      const std::string state = CleanState(error.sqlstate());
      return {KindOf(state), state.empty() ? "connection lost" : "SQLSTATE " + state};
    } catch (...) {
      return {SqlFault::kLost, "no connection"};
    }
  }

 private:
  // A lost connection comes with a state of blanks.
  static std::string CleanState(const std::string& state) {
    std::string clean;
    for (const char c : state) {
      if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')) clean += c;
    }
    return clean;
  }

  static SqlFault::Kind KindOf(const std::string& state) {
    if (state == "23505") return SqlFault::kDuplicate;
    // Connection exceptions, shut-down, and a server that has become a read-only replica.
    if (state.empty() || state.starts_with("08") || state.starts_with("57P") || state == "25006") {
      return SqlFault::kLost;
    }
    // Time limits, resources, locks not available, system errors, transactions that collided.
    for (const std::string_view prefix : {"57", "53", "55P", "58", "40"}) {
      if (state.starts_with(prefix)) return SqlFault::kBusy;
    }
    return SqlFault::kBroken;
  }

  const secret::Secret connection_;
};

using Settings = std::map<std::string, std::string, std::less<>>;

// What the URL says, by libpq's own parser; nothing when it does not understand it.
std::optional<Settings> ParseUrl(const std::string& url) {
  char* message = nullptr;  // may repeat the URL, so it is not passed on
  PQconninfoOption* options = PQconninfoParse(url.c_str(), &message);
  if (message != nullptr) PQfreemem(message);
  if (options == nullptr) return std::nullopt;
  Settings settings;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) settings[option->keyword] = option->val;
  }
  PQconninfoFree(options);
  return settings;
}

// What the URL leaves open. Without limits of its own a session waits for ever for a server that is
// gone.
void AddDefaults(const SqlTimeouts& timeouts, Settings& settings) {
  const std::string statement_ms = std::to_string(timeouts.statement.count() * 1000);
  const std::string silent_ms = std::to_string(timeouts.statement.count() * 2000);
  settings.emplace("connect_timeout", std::to_string(timeouts.connect.count()));
  settings.emplace("tcp_user_timeout", silent_ms);
  settings.emplace("keepalives_idle", "10");
  settings.emplace("keepalives_interval", "5");
  settings.emplace("keepalives_count", "3");
  settings.emplace("application_name", "tokenforge-users");
  // After a failover a replica answers at the old address, and would refuse to write.
  settings.emplace("target_session_attrs", "read-write");
  settings["client_encoding"] = "UTF8";
  // The URL's own options come last and so win.
  std::string& options = settings["options"];
  options = "-c statement_timeout=" + statement_ms + " -c lock_timeout=" + statement_ms +
            " -c idle_in_transaction_session_timeout=" + silent_ms +
            (options.empty() ? "" : " " + options);
}

}  // namespace

NewDialect NewPostgresqlDialect(const std::string& url, const secret::Secret& password,
                                const SqlTimeouts& timeouts) {
  std::optional<Settings> settings = ParseUrl(url);
  if (!settings || url.find('\0') != std::string::npos) {
    return errors::InvalidFields(
        {{"database-url",
          "is not a connection URL as libpq reads it: postgresql://user@host:port/database"}});
  }
  if (settings->contains("password")) {
    return errors::InvalidFields(
        {{"database-url",
          "holds a password; put it into a file and name that with --database-password-file"}});
  }
  AddDefaults(timeouts, *settings);
  std::string connection;
  for (const auto& [keyword, value] : *settings) connection += keyword + "=" + Quoted(value) + " ";
  if (!password.empty()) connection += "password=" + Quoted(password.Expose());
  return std::make_unique<PostgresqlDialect>(secret::Secret::Take(std::move(connection)));
}

}  // namespace tokenforge::users
