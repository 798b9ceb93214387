#include <fcntl.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <unistd.h>

#include <thread>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "services/users/sql_dialects.h"

namespace tokenforge::users {
namespace {

// Owner only: the file holds password hashes. SQLite gives its -wal and -shm files the same mode.
constexpr mode_t kFileMode = 0600;

// Opens nothing that is there already: whoever closes a file drops every POSIX lock that this
// process has on it, those of SQLite's open connections too. Another process would then take itself
// for the last one and remove the write-ahead log under them. One at a time, so that no connection
// of this process is open before the new file is closed.
void CreateWithFileMode(const std::string& path) {
  static sync::Mutex& one_at_a_time = *new sync::Mutex;
  const sync::MutexLock lock(&one_at_a_time);
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kFileMode);
  if (file >= 0) ::close(file);  // else SQLite says what is wrong
}

class SqliteDialect final : public SqlDialect {
 public:
  SqliteDialect(std::string path, const SqlTimeouts& timeouts)
      : path_(std::move(path)),
        connection_("db=\"" + path_ + "\" timeout=" + std::to_string(timeouts.statement.count())),
        patience_(timeouts.statement) {}

  std::string_view name() const override { return "sqlite"; }
  std::string_view key_type() const override { return "text"; }

  std::unique_ptr<soci::session> Connect() const override {
    CreateWithFileMode(path_);
    return std::make_unique<soci::session>(soci::sqlite3, connection_);
  }
  void Prepare(soci::session& session) const override {
    // Readers do not wait for the writer, and what was acknowledged outlives a power cut.
    UseWriteAheadLog(session);
    session << "pragma synchronous = full";
    session << "pragma foreign_keys = on";
    session << "pragma trusted_schema = off";
  }
  int SocketOf(soci::session&) const override { return -1; }

  // A deferred transaction that reads and then writes fails when somebody else wrote in between.
  void BeginWrite(soci::session& session) const override { session << "begin immediate"; }
  void BeginMigration(soci::session& session) const override { BeginWrite(session); }
  std::string_view for_update() const override { return ""; }  // one writer at a time anyway
  std::string_view for_update_of_free() const override { return ""; }

  SqlFault CurrentFault() const override {
    try {
      throw;
    } catch (const soci::sqlite3_soci_error& error) {
      return {KindOf(error.result()), "SQLite error " + std::to_string(error.result())};
    } catch (...) {
      return {SqlFault::kLost, "no connection"};
    }
  }

 private:
  // SQLite's own waiting (busy_timeout) does not cover this pragma: whoever comes while another
  // connection, perhaps of another process, makes the change gets SQLITE_BUSY at once.
  void UseWriteAheadLog(soci::session& session) const {
    const auto give_up = std::chrono::steady_clock::now() + patience_;
    for (;;) {
      try {
        session << "pragma journal_mode = wal";
        return;
      } catch (const soci::sqlite3_soci_error& error) {
        const bool busy = (error.result() & 0xFF) == SQLITE_BUSY;
        if (!busy || std::chrono::steady_clock::now() >= give_up) throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // SQLite tells no event
    }
  }

  static SqlFault::Kind KindOf(int result) {
    switch (result & 0xFF) {
      case SQLITE_CONSTRAINT:
        return SqlFault::kDuplicate;
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
      case SQLITE_PROTOCOL:
        return SqlFault::kLost;
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
      case SQLITE_NOMEM:
      case SQLITE_READONLY:
      case SQLITE_INTERRUPT:
      case SQLITE_FULL:
        return SqlFault::kBusy;
      default:
        return SqlFault::kBroken;
    }
  }

  const std::string path_;
  const std::string connection_;
  const std::chrono::seconds patience_;
};

}  // namespace

NewDialect NewSqliteDialect(const std::string& url, const SqlTimeouts& timeouts) {
  const std::string path = url.substr(std::string_view("sqlite://").size());
  const bool quotable = path.find_first_of(std::string_view("\"\0\n", 3)) == std::string::npos;
  if (!path.starts_with('/') || path.ends_with('/') || !quotable) {
    return errors::InvalidFields(
        {{"database-url",
          "must name a file by its absolute path, as in sqlite:///var/lib/users.db"}});
  }
  return std::make_unique<SqliteDialect>(path, timeouts);
}

}  // namespace tokenforge::users
