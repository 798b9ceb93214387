#include <libpq-fe.h>
#include <soci/postgresql/soci-postgresql.h>
#include <soci/soci.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <stdexcept>

#include "lib/errors/errors.h"
#include "services/users/sql_dialects.h"

namespace tokenforge::users {
namespace {

// One number for all of TokenForge's migrations of this database; others' advisory locks are
// elsewhere.
constexpr const char* kMigrationLock = "select pg_advisory_xact_lock(7412553906321)";

// The password as libpq's `passfile`, in memory only.
//
// Why not in the connection string: SOCI takes that apart at every blank and "=" (to look for an
// option of its own), so that a password which holds one would arrive as another, and keeps a copy
// of it as long as the session.
class PasswordFile {
 public:
  // A line of host, port, database and user, here any, and the password.
  explicit PasswordFile(const secret::Secret& password)
      : file_(::memfd_create("database-password", MFD_CLOEXEC)) {
    std::string line = "*:*:*:*:";
    for (const char c : password.Expose()) {
      if (c == ':' || c == '\\') line += '\\';
      line += c;
    }
    line += '\n';
    // libpq ignores a file that others may read.
    const bool good = ::fchmod(file_, 0600) == 0 &&
                      ::write(file_, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    secret::Wipe(line);
    if (!good) throw std::runtime_error("no memory file for the database password");
  }
  ~PasswordFile() { ::close(file_); }
  PasswordFile(const PasswordFile&) = delete;
  PasswordFile& operator=(const PasswordFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  const int file_;
};

class PostgresqlDialect final : public SqlDialect {
 public:
  PostgresqlDialect(std::string connection, const secret::Secret& password,
                    std::chrono::seconds statement_timeout)
      : password_file_(password),
        connection_(std::move(connection) +
                    (password.empty() ? "" : " passfile=" + password_file_.path())),
        limits_(LimitsOf(statement_timeout)) {}

  std::string_view name() const override { return "postgresql"; }
  // Not the database's collation: it follows the C library, whose next version may sort otherwise
  // and so damage the index behind a unique column.
  std::string_view key_type() const override { return "text collate \"C\""; }

  std::unique_ptr<soci::session> Connect() const override {
    return std::make_unique<soci::session>(soci::postgresql, connection_);
  }
  void Prepare(soci::session& session) const override { session << limits_; }
  int SocketOf(soci::session& session) const override {
    return PQsocket(static_cast<soci::postgresql_session_backend*>(session.get_backend())->conn_);
  }

  void BeginWrite(soci::session& session) const override { session << "begin"; }
  std::string_view for_update() const override { return " for update"; }
  std::string_view for_update_of_free() const override { return " for update skip locked"; }

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

  // One query, for one round trip. Statements end by themselves, also those that wait for a lock; a
  // transaction that we left open would hold its locks no longer than that. Notices
  // ("relation exists, skipping") would go to stderr.
  static std::string LimitsOf(std::chrono::seconds statement) {
    const std::string ms = std::to_string(statement.count() * 1000);
    return "select set_config('statement_timeout', '" + ms +
           "', false), set_config('lock_timeout', '" + ms +
           "', false), set_config('idle_in_transaction_session_timeout', '" + ms +
           "', false), set_config('client_min_messages', 'warning', false)";
  }

  const PasswordFile password_file_;
  const std::string connection_;
  const std::string limits_;
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
  settings.emplace("connect_timeout", std::to_string(timeouts.connect.count()));
  settings.emplace("tcp_user_timeout", std::to_string(timeouts.statement.count() * 2000));
  settings.emplace("keepalives_idle", "10");
  settings.emplace("keepalives_interval", "5");
  settings.emplace("keepalives_count", "3");
  settings.emplace("application_name", "tokenforge-users");
  // After a failover a replica answers at the old address, and would refuse to write.
  settings.emplace("target_session_attrs", "read-write");
  settings["client_encoding"] = "UTF8";
}

// What SOCI would take apart or libpq would read as quoting.
bool IsPlain(const std::string& value) {
  return !value.empty() && value.find_first_of(" \t\n\v\f\r='\\") == std::string::npos;
}

absl::Status InvalidUrl(const std::string& description) {
  return errors::InvalidFields({{"database-url", description}});
}

}  // namespace

NewDialect NewPostgresqlDialect(const std::string& url, const secret::Secret& password,
                                const SqlTimeouts& timeouts) {
  std::optional<Settings> settings = ParseUrl(url);
  if (!settings || url.find('\0') != std::string::npos) {
    return InvalidUrl(
        "is no URL that libpq understands, such as postgresql://user@host:port/database");
  }
  if (settings->contains("password") || settings->contains("passfile")) {
    return InvalidUrl(
        "holds a password; put it into a file and name that as database-password-file");
  }
  if (password.Expose().find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos) {
    return errors::InvalidFields({{"database-password-file", "holds more than one line"}});
  }
  AddDefaults(timeouts, *settings);
  std::string connection;
  for (const auto& [keyword, value] : *settings) {
    if (!IsPlain(value)) return InvalidUrl(keyword + " is empty, or holds a blank, a quote or '='");
    connection += (connection.empty() ? "" : " ") + keyword + "=" + value;
  }
  return std::make_unique<PostgresqlDialect>(std::move(connection), password, timeouts.statement);
}

}  // namespace tokenforge::users
