// The audit log in PostgreSQL or SQLite: each method is one piece of work on one SqlSession.
//
// Thread-safe. The database outlives it.
#pragma once

#include "services/users/audit_store.h"
#include "services/users/record_queue.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class AuditStoreSql final : public AuditStore {
 public:
  explicit AuditStoreSql(SqlDatabase& database) : database_(database), records_(database) {}

  async::Task<absl::StatusOr<AuditEvent>> Append(Deadline deadline, AuditEvent event) override;
  async::Task<absl::StatusOr<Events>> List(Deadline deadline, AuditFilter filter,
                                           std::optional<AuditPlace> before, int most) override;
  async::Task<absl::StatusOr<Events>> Follow(Deadline deadline, std::int64_t after,
                                             int most) override;
  async::Task<absl::StatusOr<audit::Link>> Head(Deadline deadline) override;

 private:
  SqlDatabase& database_;
  RecordQueue records_;
};

}  // namespace tokenforge::users
