// Single-use tokens in PostgreSQL or SQLite. Thread-safe. The database outlives it.
#pragma once

#include "services/users/sql_database.h"
#include "services/users/token_store.h"

namespace tokenforge::users {

class TokenStoreSql final : public TokenStore {
 public:
  explicit TokenStoreSql(SqlDatabase& database) : database_(database) {}

  async::Task<absl::StatusOr<Account>> FindOwner(Deadline deadline, TokenPurpose purpose,
                                                 TokenHash token, clock::WallTime now) override;
  async::Task<absl::StatusOr<Account>> Redeem(Deadline deadline, TokenPurpose purpose,
                                              TokenHash token, clock::WallTime now,
                                              AccountStore::Edit edit) override;

 private:
  SqlDatabase& database_;
};

}  // namespace tokenforge::users
