// RecordQueue: writes that stand alone (an event of a failed login) share transactions.
//
// Why: every append holds the audit log's head until its commit, so one transaction for each event
// would make a storm of failed logins wait in line for a disk. Here what comes while a commit is
// under way is written together by the next one: the more there is to do, the more each commit
// does. One transaction of a queue is under way at a time.
//
// Thread-safe. The database outlives the tasks that were given out.
#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/users/beside.h"
#include "services/users/sql_database.h"

namespace tokenforge::users {

class RecordQueue {
 public:
  using Events = std::vector<AuditEvent>;

  // At most so many writes wait; more are OVERLOADED at once.
  static constexpr std::size_t kMostWaiting = 4096;

  explicit RecordQueue(SqlDatabase& database);
  ~RecordQueue();

  // Writes all of it or nothing, durably before it answers with the events as they are kept.
  // INVALID_FIELD when a text cannot be stored (nobody else's writes suffer from that);
  // DEADLINE_PASSED when nothing was written in time; else the errors of SqlDatabase.
  async::Task<absl::StatusOr<Events>> Write(Deadline deadline, Beside beside);

 private:
  struct Shared;
  const std::shared_ptr<Shared> shared_;  // also of the transaction that is under way
};

}  // namespace tokenforge::users
