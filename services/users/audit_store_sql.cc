#include "services/users/audit_store_sql.h"

#include <utility>

#include "services/users/audit_queries.h"

namespace tokenforge::users {

using Events = AuditStore::Events;

async::Task<absl::StatusOr<AuditEvent>> AuditStoreSql::Append(Deadline deadline, AuditEvent event) {
  Beside beside;
  beside.events.push_back(std::move(event));
  auto writing = records_.Write(deadline, std::move(beside));
  absl::StatusOr<Events> written = co_await std::move(writing);
  if (!written.ok()) co_return written.status();
  co_return std::move(written->front());
}

async::Task<absl::StatusOr<Events>> AuditStoreSql::List(Deadline deadline, AuditFilter filter,
                                                        std::optional<AuditPlace> before,
                                                        int most) {
  return database_.Run(
      deadline, "ListAudit",
      [filter = std::move(filter), before, most](SqlSession& session) -> absl::StatusOr<Events> {
        return session.Part<AuditQueries>().List(filter, before, most);
      });
}

async::Task<absl::StatusOr<Events>> AuditStoreSql::Follow(Deadline deadline, std::int64_t after,
                                                          int most) {
  return database_.Run(deadline, "FollowAudit",
                       [after, most](SqlSession& session) -> absl::StatusOr<Events> {
                         return session.Part<AuditQueries>().Follow(after, most);
                       });
}

async::Task<absl::StatusOr<audit::Link>> AuditStoreSql::Head(Deadline deadline) {
  return database_.Run(deadline, "AuditHead",
                       [](SqlSession& session) -> absl::StatusOr<audit::Link> {
                         return session.Part<AuditQueries>().Head();
                       });
}

}  // namespace tokenforge::users
