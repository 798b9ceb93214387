// ImportStore in PostgreSQL or SQLite.
//
// Thread-safe. The database outlives it.
#pragma once

#include <memory>
#include <vector>

#include "services/users/import_store.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class ImportStoreSql final : public ImportStore {
 public:
  explicit ImportStoreSql(SqlDatabase& database) : database_(database) {}

  async::Task<absl::StatusOr<std::vector<ImportOutcome>>> Store(Deadline deadline,
                                                                std::shared_ptr<const Batch> batch,
                                                                Telling telling) override;

 private:
  SqlDatabase& database_;
};

}  // namespace tokenforge::users
