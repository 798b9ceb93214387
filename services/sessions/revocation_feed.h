// RevocationFeed: the live revocations in memory, in the order in which this process learnt of
// them, for those who watch.
//
// Why: guards must hear of a revocation within milliseconds, and many streams must not each ask
// Redis. This replica's own revocations are applied as soon as the store has them; those of other
// replicas come from the poller (revocation_poller.h).
//
// A cursor names a position in this process's order. One of another process (after a restart, or of
// another replica) gets a snapshot: hearing of a revocation twice does no harm. Thread-safe, as
// Watched is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/sync/mutex.h"
#include "lib/sync/watched.h"
#include "services/sessions/revocation.h"

namespace tokenforge::sessions {

class RevocationFeed final : public sync::Watched {
 public:
  struct News {
    bool snapshot = false;  // everything live begins here
    std::vector<Revocation> revocations;
    std::string cursor;  // where to go on
    bool more = false;   // ask again
    uint64_t pulse = 0;  // see Pulse
  };

  RevocationFeed();

  // Adds what is new, drops what no longer matters, and tells the watchers if there was news.
  void Apply(std::span<const Revocation> revocations, Time now);

  // Everything in the log has been read: from now on there are snapshots. Before, Since has no
  // answer — a guard must not take a part for the whole.
  void SetComplete();

  // A sign of life for watchers: all that was revoked anywhere until now has been applied. Only for
  // whoever has just read the log: a feed that has lost Redis must fall silent, so that guards
  // notice.
  void Pulse();

  // What came after the cursor, at most so many at once; nothing while the feed is not complete.
  std::optional<News> Since(std::string_view cursor, size_t at_most) const;

  size_t live() const;  // for the gauge

 private:
  using Subject = std::pair<Revocation::Kind, std::string>;
  bool AddOne(const Revocation& revocation) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DropEnded(Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string epoch_;  // of this process; the first part of its cursors
  mutable sync::Mutex mutex_;
  uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t pulse_ ABSL_GUARDED_BY(mutex_) = 1;
  bool complete_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<uint64_t, Revocation> by_version_ ABSL_GUARDED_BY(mutex_);
  std::map<Subject, uint64_t> by_subject_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<Time, uint64_t>> by_end_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::sessions
