#include "services/users/account_store_sql.h"

#include <optional>
#include <utility>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/users/account_session.h"
#include "services/users/migrations.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

using std::chrono::steady_clock;

// PostgreSQL's driver cuts a text at its first NUL: "ann@example.org\0x" would be Ann.
bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

bool HasNul(const NewAccount& account) {
  return HasNul(account.user_id) || HasNul(account.given_name) || HasNul(account.family_name) ||
         HasNul(account.password_hash.Expose());
}

}  // namespace

AccountStoreSql::AccountStoreSql(std::unique_ptr<const SqlDialect> dialect, const Options& options)
    : dialect_(std::move(dialect)),
      sessions_(static_cast<std::size_t>(options.connections)),
      pool_({.name = "sql", .threads = options.connections, .queue = options.queue}) {}

AccountStoreSql::~AccountStoreSql() = default;

async::Task<absl::StatusOr<Account>> AccountStoreSql::Create(Deadline deadline,
                                                             NewAccount account) {
  auto shared = std::make_shared<const NewAccount>(std::move(account));
  return OnSession<absl::StatusOr<Account>>(
      deadline, "Create", [this, shared](AccountSession& session) -> absl::StatusOr<Account> {
        if (HasNul(*shared)) return HoldsNul();
        return CreateOn(session, *shared);
      });
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::FindById(Deadline deadline,
                                                               std::string user_id) {
  return OnSession<absl::StatusOr<Account>>(
      deadline, "FindById", [user_id](AccountSession& session) -> absl::StatusOr<Account> {
        if (HasNul(user_id)) return AccountNotFound();
        std::optional<Credentials> found = session.FindById(user_id);
        if (!found) return AccountNotFound();
        return std::move(found->account);
      });
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::FindByEmail(Deadline deadline,
                                                                  CanonicalEmail email) {
  return OnSession<absl::StatusOr<Account>>(
      deadline, "FindByEmail", [email](AccountSession& session) -> absl::StatusOr<Account> {
        std::optional<Credentials> found = session.FindByEmail(email);
        if (!found) return AccountNotFound();
        return std::move(found->account);
      });
}

async::Task<absl::StatusOr<Credentials>> AccountStoreSql::FindCredentials(Deadline deadline,
                                                                          CanonicalEmail email) {
  return OnSession<absl::StatusOr<Credentials>>(
      deadline, "FindCredentials", [email](AccountSession& session) -> absl::StatusOr<Credentials> {
        std::optional<Credentials> found = session.FindByEmail(email);
        if (!found) return AccountNotFound();
        return *std::move(found);
      });
}

async::Task<absl::Status> AccountStoreSql::Ping(Deadline deadline) {
  return OnSession<absl::Status>(deadline, "Ping", [](AccountSession& session) {
    session.Ping();
    return absl::OkStatus();
  });
}

absl::StatusOr<Account> AccountStoreSql::CreateOn(AccountSession& session,
                                                  const NewAccount& account) const {
  bool duplicate = false;
  try {
    session.Insert(account);
  } catch (const soci::soci_error&) {
    duplicate = dialect_->CurrentFault().kind == SqlFault::kDuplicate;
    if (!duplicate) throw;
  }
  if (duplicate) session.RenewInsert();
  std::optional<Credentials> stored = session.FindById(account.user_id);
  // The ID was free and the row was not stored: then it was the email that was not free.
  if (!stored && duplicate) return EmailTaken();
  if (!stored) return AccountNotFound();  // deleted since, by somebody else
  if (stored->account.email != account.email) return UserIdTaken();
  return std::move(stored->account);
}

template <class Result, class Use>
async::Task<Result> AccountStoreSql::OnSession(Deadline deadline, const char* operation, Use use) {
  auto work = [this, deadline, use = std::move(use),
               duration =
                   telemetry::DependencyDuration(dialect_->name(), operation)](int worker) mutable {
    const auto begin = steady_clock::now();
    Result result = UseSession<Result>(worker, deadline, use);
    duration.Observe(steady_clock::now() - begin);
    return result;
  };
  return pool_.Run(deadline, std::move(work));
}

// Exceptions of SOCI end here, and so do their texts, which hold every bound value.
template <class Result, class Use>
Result AccountStoreSql::UseSession(int worker, Deadline deadline, Use& use) {
  std::unique_ptr<AccountSession>& session = sessions_[static_cast<std::size_t>(worker)];
  for (;;) {
    const bool reused = session != nullptr;
    try {
      if (!reused) {
        const absl::Status opened = Open(session);
        if (!opened.ok()) return opened;
      }
      return use(*session);
    } catch (const soci::soci_error&) {
      const SqlFault fault = dialect_->CurrentFault();
      // A session is never mended, only replaced: SOCI's own reconnecting keeps dead statements.
      session.reset();
      const bool once_more = reused && fault.kind == SqlFault::kLost;
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
std::unique_ptr<soci::session> AccountStoreSql::Connect() {
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

absl::Status AccountStoreSql::Open(std::unique_ptr<AccountSession>& session) {
  std::unique_ptr<soci::session> connection = Connect();
  if (!migrated_) {
    const absl::Status migrated = Migrate(*dialect_, *connection);
    if (!migrated.ok()) return migrated;
    migrated_ = true;
  }
  session = std::make_unique<AccountSession>(std::move(connection));
  return absl::OkStatus();
}

}  // namespace tokenforge::users
