// Where the audit log is kept and asked. One interface; its body is audit_store_sql over PostgreSQL
// and over SQLite, and one contract suite (tests/contract/users) runs on both.
//
// Events that belong to a change of an account are written with it (AccountStore); here come those
// that stand alone.
//
// Every method is a task that ends by its deadline where the body can see to it, and never blocks
// the caller's thread. Errors: those of SqlDatabase. Thread-safe. A store outlives the tasks that
// it gave out.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/audit/chain.h"
#include "lib/clock/clock.h"
#include "services/users/audit_event.h"

namespace tokenforge::users {

using Deadline = clock::SteadyTime;

// As the log keeps times; any year of a google.protobuf.Timestamp fits.
using EventTime = std::chrono::sys_time<std::chrono::microseconds>;

// Which events; what is empty does not ask.
struct AuditFilter {
  std::string user_id = {};
  std::string kind = {};
  std::optional<EventTime> since = {};  // inclusive
  std::optional<EventTime> until = {};  // exclusive
};

// An event's place among others, by time and, within a microsecond, by sequence.
struct AuditPlace {
  EventTime time;
  std::int64_t sequence = 0;
};

class AuditStore {
 public:
  using Events = std::vector<AuditEvent>;

  virtual ~AuditStore() = default;

  // Appends one event, durably before it answers, and returns it with sequence and hash.
  // INVALID_FIELD when it is not storable. Calls that come while another's commit is under way
  // share one commit.
  virtual async::Task<absl::StatusOr<AuditEvent>> Append(Deadline deadline, AuditEvent event) = 0;

  // At most `most` events, newest first; with `before`: older than that place.
  virtual async::Task<absl::StatusOr<Events>> List(Deadline deadline, AuditFilter filter,
                                                   std::optional<AuditPlace> before, int most) = 0;

  // At most `most` events in the order of the chain, those with a greater sequence than `after`.
  virtual async::Task<absl::StatusOr<Events>> Follow(Deadline deadline, std::int64_t after,
                                                     int most) = 0;

  // The last event's place in the chain.
  virtual async::Task<absl::StatusOr<audit::Link>> Head(Deadline deadline) = 0;
};

}  // namespace tokenforge::users
