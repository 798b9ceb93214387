// The audit log, as others write and ask it: events that stand alone, checked before they are kept,
// and pages of what there is.
//
// Why events are checked though only the façade sends them: what is in the log stays, and whoever
// reads it later must be able to trust its form.
//
// Errors beside those of AuditStore: INVALID_FIELD with every fault. Thread-safe. What the
// constructor is given outlives this object and its tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/account_store.h"
#include "services/users/audit_store.h"

namespace tokenforge::users {

class AuditLog {
 public:
  struct Listing {
    int page_size = 0;  // 0 stands for 100; at most 1000
    std::string page_token = {};
    AuditFilter filter = {};
    // In the order of the chain instead, oldest first, from behind this event; without a filter.
    std::optional<std::int64_t> after_sequence = {};
  };
  struct Page {
    std::vector<AuditEvent> events;
    std::string next_page_token;  // empty on the last page
  };

  static constexpr int kDefaultPage = 100;
  static constexpr int kMaxPage = 1000;

  AuditLog(AuditStore& log, AccountStore& accounts, const clock::Clock& clock)
      : log_(log), accounts_(accounts), clock_(clock) {}

  // Appends one event and returns its sequence. Without a time it happened now. One that names
  // nobody but has an attribute `email` concerns the account of that email, if there is one:
  // whoever sends it (a locked account) need not know. Repeating it appends it once more.
  async::Task<absl::StatusOr<std::int64_t>> Record(Deadline deadline, AuditEvent event);

  // Newest first, or along the chain. A page token is of its listing: with another one it is
  // INVALID_FIELD.
  async::Task<absl::StatusOr<Page>> List(Deadline deadline, Listing listing);

 private:
  AuditStore& log_;
  AccountStore& accounts_;
  const clock::Clock& clock_;
};

// INVALID_FIELD, with every fault, unless the event may be kept: a kind of lower-case words with
// dots between them; a user_id that is an ID or empty; texts and attributes within their bounds and
// without control characters; a time of the last week, at most a minute ahead; neither sequence nor
// hash.
absl::Status CheckEvent(const AuditEvent& event, clock::WallTime now);

}  // namespace tokenforge::users
