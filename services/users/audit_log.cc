#include "services/users/audit_log.h"

#include <utility>

#include "lib/errors/errors.h"
#include "services/users/audit_page.h"

namespace tokenforge::users {

async::Task<absl::StatusOr<std::int64_t>> AuditLog::Record(Deadline deadline, AuditEvent event) {
  const clock::WallTime now = clock_.Now();
  if (event.time == clock::WallTime()) event.time = now;
  if (absl::Status good = CheckEvent(event, now); !good.ok()) co_return good;
  const auto email = event.attributes.find("email");
  if (event.user_id.empty() && email != event.attributes.end()) {
    const absl::StatusOr<CanonicalEmail> parsed = CanonicalEmail::Parse(email->second);
    if (parsed.ok()) {
      auto finding = accounts_.FindByEmail(deadline, *parsed);
      const absl::StatusOr<Account> account = co_await std::move(finding);
      if (account.ok()) event.user_id = account->user_id;
    }
  }
  auto appending = log_.Append(deadline, std::move(event));
  const absl::StatusOr<AuditEvent> appended = co_await std::move(appending);
  if (!appended.ok()) co_return appended.status();
  co_return appended->sequence;
}

async::Task<absl::StatusOr<AuditLog::Page>> AuditLog::List(Deadline deadline, Listing listing) {
  const absl::StatusOr<AuditPage> page = AuditPage::Of(listing);
  if (!page.ok()) co_return page.status();
  // One more than wanted tells whether there is another page.
  auto asking = page->chain_order()
                    ? log_.Follow(deadline, page->after(), page->size() + 1)
                    : log_.List(deadline, listing.filter, page->before(), page->size() + 1);
  absl::StatusOr<AuditStore::Events> events = co_await std::move(asking);
  if (!events.ok()) co_return events.status();
  Page answer;
  if (events->size() > static_cast<std::size_t>(page->size())) {
    events->resize(static_cast<std::size_t>(page->size()));
    answer.next_page_token = page->TokenAfter(events->back());
  }
  answer.events = *std::move(events);
  co_return answer;
}

}  // namespace tokenforge::users
