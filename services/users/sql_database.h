// SqlDatabase: the account database as tasks: a bounded pool whose threads each own one connection.
//
// Why this shape: SOCI blocks, so all of it runs on a pool, and each of the pool's threads owns one
// SqlSession with its prepared statements. Connecting, migrating and reconnecting happen by
// themselves when a thread needs its connection: a store can be made before the database is up, and
// after a restart of the database calls succeed again without a restart of the service. A call that
// finds its idle connection dead tries once more on a new one, unless a commit was under way.
//
// A database that fails or hangs is left alone: each Run needs a permit of the circuit, and a
// connection on which nothing has come back for too long is cut (sql_stall_watch.h).
//
// Errors: UNAVAILABLE DEPENDENCY_DOWN when the database does not answer (what was asked may have
// happened all the same), CIRCUIT_OPEN at once when it did not for some time, RESOURCE_EXHAUSTED
// OVERLOADED when the pool's queue is full, DEADLINE_PASSED, INTERNAL_FAULT. None of them ever
// holds a stored or a given value.
//
// Thread-safe. It outlives the tasks that it gave out.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/breaker/circuit.h"
#include "lib/clock/clock.h"
#include "lib/workers/pool.h"
#include "services/users/sql_dialect.h"
#include "services/users/sql_session.h"
#include "services/users/sql_stall_watch.h"

namespace tokenforge::users {

using Deadline = clock::SteadyTime;

class SqlDatabase {
 public:
  struct Options {
    int connections = 4;
    std::size_t queue = 256;  // calls that may wait for a connection
    // A connection is cut a second after both its call's deadline and this time have passed:
    // SqlTimeouts::statement, after which a server that lives has ended the statement itself.
    std::chrono::milliseconds statement_timeout{5000};
    breaker::Circuit* circuit = nullptr;  // outlives the database; null (tools): none
  };

  SqlDatabase(std::unique_ptr<const SqlDialect> dialect, const Options& options);
  ~SqlDatabase();

  // Runs `use(SqlSession&)`, which returns an absl::Status or a StatusOr, on a thread of the pool;
  // the task goes on there. `use` may run twice, when the connection turned out to be dead before
  // anything was committed. `operation` names it in tokenforge_dependency_duration_seconds.
  template <class Use, class Result = std::invoke_result_t<Use&, SqlSession&>>
  async::Task<Result> Run(Deadline deadline, const char* operation, Use use) {
    std::optional<breaker::Permit> permit;
    if (circuit_ != nullptr) {
      absl::StatusOr<breaker::Permit> admitted = circuit_->Admit();
      if (!admitted.ok()) co_return admitted.status();
      permit = *std::move(admitted);
    }
    async::Task<Result> running = RunBare(deadline, operation, std::move(use));
    Result result = co_await std::move(running);
    if (permit) circuit_->Settle(*permit, StatusOf(result), deadline);
    co_return result;
  }

  // OK when the database answers and its schema is the one that this version works with. Also
  // connects and migrates, when nobody has yet. Past the circuit: for whoever asks at a bounded
  // pace whether the database is back.
  async::Task<absl::Status> Ping(Deadline deadline);

  // Its threads: for Stop at the end of the process, and for metrics.
  workers::Pool& pool() { return pool_; }

 private:
  static const absl::Status& StatusOf(const absl::Status& status) { return status; }
  template <class T>
  static const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
    return result.status();
  }

  template <class Use, class Result = std::invoke_result_t<Use&, SqlSession&>>
  async::Task<Result> RunBare(Deadline deadline, const char* operation, Use use) {
    auto work = [this, deadline, use = std::move(use), operation](int worker) mutable -> Result {
      Result result = absl::UnknownError("");
      const absl::Status failed = OnSession(worker, deadline, operation,
                                            [&](SqlSession& session) { result = use(session); });
      if (!failed.ok()) result = failed;
      return result;
    };
    return pool_.Run(deadline, std::move(work));
  }

  absl::Status OnSession(int worker, Deadline deadline, const char* operation,
                         const std::function<void(SqlSession&)>& use);
  absl::Status UseSession(int worker, Deadline deadline,
                          const std::function<void(SqlSession&)>& use);
  Deadline CutTime(Deadline deadline) const;
  std::unique_ptr<soci::session> Connect();
  absl::Status Open(int worker, std::unique_ptr<SqlSession>& session);

  const std::unique_ptr<const SqlDialect> dialect_;
  const std::chrono::milliseconds statement_timeout_;
  breaker::Circuit* const circuit_;
  std::atomic<bool> migrated_ = false;
  std::atomic<bool> unreachable_ = false;
  std::vector<std::unique_ptr<SqlSession>> sessions_;  // [worker], touched by that thread only
  SqlStallWatch stalls_;
  workers::Pool pool_;  // last: its threads end before what they use
};

}  // namespace tokenforge::users
