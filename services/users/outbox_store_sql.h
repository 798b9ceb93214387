// The mail outbox in PostgreSQL or SQLite. Thread-safe. The database outlives it.
#pragma once

#include "services/users/outbox_store.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class OutboxStoreSql final : public OutboxStore {
 public:
  explicit OutboxStoreSql(SqlDatabase& database) : database_(database) {}

  async::Task<absl::StatusOr<Claimed>> Claim(Deadline deadline, clock::WallTime now,
                                             clock::WallTime lease_end) override;
  async::Task<absl::StatusOr<Recipient>> PutToken(Deadline deadline, QueuedMail claimed,
                                                  TokenPurpose purpose, TokenHash token,
                                                  clock::WallTime expire_time) override;
  async::Task<absl::StatusOr<bool>> Remove(Deadline deadline, QueuedMail claimed) override;
  async::Task<absl::StatusOr<bool>> Postpone(Deadline deadline, QueuedMail claimed,
                                             clock::WallTime until) override;
  async::Task<absl::Status> Register(Deadline deadline, QueuedMail claimed, NewAccount account,
                                     Beside created, Beside taken) override;
  async::Task<absl::StatusOr<OutboxDepth>> Depth(Deadline deadline) override;
  async::Task<absl::StatusOr<long long>> RemoveExpiredTokens(Deadline deadline,
                                                             clock::WallTime now) override;

 private:
  SqlDatabase& database_;
};

}  // namespace tokenforge::users
