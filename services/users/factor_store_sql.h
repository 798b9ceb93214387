// Second factors in PostgreSQL or SQLite: each method is one piece of work on one SqlSession.
//
// Thread-safe. The database outlives it.
#pragma once

#include "services/users/factor_store.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class FactorStoreSql final : public FactorStore {
 public:
  explicit FactorStoreSql(SqlDatabase& database) : database_(database) {}

  async::Task<absl::StatusOr<FactorState>> Find(Deadline deadline, Key key) override;
  async::Task<absl::Status> Change(Deadline deadline, Key key, Edit edit) override;
  async::Task<absl::Status> Open(Deadline deadline, LoginChallenge challenge,
                                 Beside beside) override;

 private:
  SqlDatabase& database_;
};

}  // namespace tokenforge::users
