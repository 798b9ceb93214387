#include "services/users/sql_database.h"

#include <soci/soci.h>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/users/migrations.h"

namespace tokenforge::users {

using std::chrono::steady_clock;

SqlDatabase::SqlDatabase(std::unique_ptr<const SqlDialect> dialect, const Options& options)
    : dialect_(std::move(dialect)),
      sessions_(static_cast<std::size_t>(options.connections)),
      pool_({.name = "sql", .threads = options.connections, .queue = options.queue}) {}

SqlDatabase::~SqlDatabase() = default;

async::Task<absl::Status> SqlDatabase::Ping(Deadline deadline) {
  return Run(deadline, "Ping", [](SqlSession& session) {
    session.Ping();
    return absl::OkStatus();
  });
}

absl::Status SqlDatabase::OnSession(int worker, Deadline deadline, const char* operation,
                                    const std::function<void(SqlSession&)>& use) {
  const auto begin = steady_clock::now();
  absl::Status status = UseSession(worker, deadline, use);
  telemetry::DependencyDuration(dialect_->name(), operation).Observe(steady_clock::now() - begin);
  return status;
}

// Exceptions of SOCI end here, and so do their texts, which hold every bound value.
absl::Status SqlDatabase::UseSession(int worker, Deadline deadline,
                                     const std::function<void(SqlSession&)>& use) {
  std::unique_ptr<SqlSession>& session = sessions_[static_cast<std::size_t>(worker)];
  for (;;) {
    const bool reused = session != nullptr;
    try {
      if (!reused) {
        const absl::Status opened = Open(session);
        if (!opened.ok()) return opened;
      }
      use(*session);
      return absl::OkStatus();
    } catch (const soci::soci_error&) {
      const SqlFault fault = dialect_->CurrentFault();
      const bool may_have_happened = session != nullptr && session->commit_unanswered();
      // A session is never mended, only replaced: SOCI's own reconnecting keeps dead statements.
      session.reset();
      const bool once_more = reused && fault.kind == SqlFault::kLost && !may_have_happened;
      if (!once_more || steady_clock::now() >= deadline) return fault.ToStatus();
    } catch (...) {
      session.reset();
      throw;
    }
  }
}

// The one place whose exception text goes into the log, because the operator needs it and there is
// nothing bound yet: neither values nor, for both dialects, a password. Once for each time that the
// database goes away.
std::unique_ptr<soci::session> SqlDatabase::Connect() {
  try {
    std::unique_ptr<soci::session> connection = dialect_->Connect();
    unreachable_ = false;
    return connection;
  } catch (const soci::soci_error& error) {
    if (!unreachable_.exchange(true)) {
      telemetry::Log(telemetry::Level::kWarning, "cannot connect to the account database",
                     {{"dialect", dialect_->name()}, {"detail", error.get_error_message()}});
    }
    throw;
  }
}

absl::Status SqlDatabase::Open(std::unique_ptr<SqlSession>& session) {
  std::unique_ptr<soci::session> connection = Connect();
  if (!migrated_) {
    const absl::Status migrated = Migrate(*dialect_, *connection);
    if (!migrated.ok()) return migrated;
    migrated_ = true;
  }
  session = std::make_unique<SqlSession>(*dialect_, std::move(connection));
  return absl::OkStatus();
}

}  // namespace tokenforge::users
