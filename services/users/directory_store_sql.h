// DirectoryStore in PostgreSQL or SQLite: each method is one piece of work on one SqlSession.
//
// Thread-safe. The database outlives it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "services/users/directory_store.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class DirectoryStoreSql final : public DirectoryStore {
 public:
  explicit DirectoryStoreSql(SqlDatabase& database) : database_(database) {}

  async::Task<absl::StatusOr<std::vector<Account>>> List(Deadline deadline,
                                                         Listing listing) override;
  async::Task<absl::StatusOr<Account>> Change(Deadline deadline, std::string user_id,
                                              AccountStore::Edit edit) override;
  async::Task<absl::Status> Remove(Deadline deadline, std::string user_id, clock::WallTime now,
                                   Farewell farewell) override;
  async::Task<absl::StatusOr<Account>> Appoint(Deadline deadline, CanonicalEmail email,
                                               std::shared_ptr<const NewAccount> made, bool again,
                                               clock::WallTime now, Farewell telling) override;

 private:
  SqlDatabase& database_;
};

}  // namespace tokenforge::users
