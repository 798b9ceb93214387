#include "services/users/sql_database.h"

#include <soci/soci.h>

#include <algorithm>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "lib/telemetry/span.h"
#include "services/users/migrations.h"

namespace tokenforge::users {

using std::chrono::steady_clock;

namespace {

// Longer than a server that lives takes for anything that nobody waits for any more.
constexpr std::chrono::seconds kGrace{1};
constexpr std::chrono::hours kLongest{1};
// Of all migrations together: statements have their own limit.
constexpr std::chrono::minutes kMigrationTime{10};

}  // namespace

SqlDatabase::SqlDatabase(std::unique_ptr<const SqlDialect> dialect, const Options& options)
    : dialect_(std::move(dialect)),
      statement_timeout_(options.statement_timeout),
      circuit_(options.circuit),
      sessions_(static_cast<std::size_t>(options.connections)),
      stalls_(options.connections),
      pool_({.name = "sql", .threads = options.connections, .queue = options.queue}) {}

SqlDatabase::~SqlDatabase() = default;

async::Task<absl::Status> SqlDatabase::Ping(Deadline deadline) {
  return RunBare(deadline, "Ping", [](SqlSession& session) {
    session.Ping();
    return absl::OkStatus();
  });
}

absl::Status SqlDatabase::OnSession(int worker, Deadline deadline, const char* operation,
                                    const std::function<void(SqlSession&)>& use) {
  const auto begin = steady_clock::now();
  telemetry::Span span = telemetry::Span::Begin(telemetry::SpanKind::kClient, operation);
  span.Set("db.system.name", dialect_->name());
  span.Set("db.operation.name", operation);
  absl::Status status = UseSession(worker, deadline, use);
  telemetry::DependencyDuration(dialect_->name(), operation).Observe(steady_clock::now() - begin);
  span.End(status.code());
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
        const absl::Status opened = Open(worker, session);
        if (!opened.ok()) return opened;
      }
      const SqlStallWatch::Turn turn(stalls_, worker, dialect_->SocketOf(session->soci()),
                                     CutTime(deadline));
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

Deadline SqlDatabase::CutTime(Deadline deadline) const {
  const auto now = steady_clock::now();
  return std::max(std::min(deadline, now + kLongest), now + statement_timeout_) + kGrace;
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

absl::Status SqlDatabase::Open(int worker, std::unique_ptr<SqlSession>& session) {
  std::unique_ptr<soci::session> connection = Connect();
  const int socket = dialect_->SocketOf(*connection);
  {
    const SqlStallWatch::Turn turn(stalls_, worker, socket,
                                   steady_clock::now() + statement_timeout_ + kGrace);
    dialect_->Prepare(*connection);
  }
  if (!migrated_) {
    const SqlStallWatch::Turn turn(stalls_, worker, socket, steady_clock::now() + kMigrationTime);
    const absl::Status migrated = Migrate(*dialect_, *connection);
    if (!migrated.ok()) return migrated;
    migrated_ = true;
  }
  session = std::make_unique<SqlSession>(*dialect_, std::move(connection));
  return absl::OkStatus();
}

}  // namespace tokenforge::users
