// Accounts in PostgreSQL or SQLite, over SOCI.
//
// Why this shape: SOCI blocks, so all of it runs on a bounded pool, and each of the pool's threads
// owns one connection with prepared statements. Connecting, migrating and reconnecting happen by
// themselves when a thread needs its connection: the store can be made before the database is up,
// and after a restart of the database calls succeed again without a restart of the service. A call
// that finds its idle connection dead tries once more on a new one, which is safe for every method
// here.
//
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lib/workers/pool.h"
#include "services/users/account_store.h"
#include "services/users/sql_dialect.h"

namespace tokenforge::users {

class AccountSession;

class AccountStoreSql final : public AccountStore {
 public:
  struct Options {
    int connections = 4;
    std::size_t queue = 256;  // calls that may wait for a connection
  };

  AccountStoreSql(std::unique_ptr<const SqlDialect> dialect, const Options& options);
  ~AccountStoreSql() override;

  async::Task<absl::StatusOr<Account>> Create(Deadline deadline, NewAccount account) override;
  async::Task<absl::StatusOr<Account>> FindById(Deadline deadline, std::string user_id) override;
  async::Task<absl::StatusOr<Account>> FindByEmail(Deadline deadline,
                                                   CanonicalEmail email) override;
  async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline deadline,
                                                           CanonicalEmail email) override;
  // Also connects and migrates, when nobody has yet.
  async::Task<absl::Status> Ping(Deadline deadline) override;

  // Its threads: for Stop at the end of the process, and for metrics.
  workers::Pool& pool() { return pool_; }

 private:
  template <class Result, class Use>
  async::Task<Result> OnSession(Deadline deadline, const char* operation, Use use);
  template <class Result, class Use>
  Result UseSession(int worker, Deadline deadline, Use& use);
  std::unique_ptr<soci::session> Connect();
  absl::Status Open(std::unique_ptr<AccountSession>& session);
  absl::StatusOr<Account> CreateOn(AccountSession& session, const NewAccount& account) const;

  const std::unique_ptr<const SqlDialect> dialect_;
  std::atomic<bool> migrated_ = false;
  std::atomic<bool> unreachable_ = false;
  std::vector<std::unique_ptr<AccountSession>> sessions_;  // [worker], touched by that thread only
  workers::Pool pool_;  // last: its threads end before what they use
};

}  // namespace tokenforge::users
