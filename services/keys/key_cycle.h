// KeyCycle: the life of keys at this replica — follows the store, does what the rule of rotation
// (rotation.h) says is due, and what operators ask for.
//
// Any number of replicas do so side by side: every change is a compare-and-set, so exactly one of
// them makes it and the others take it over. Nothing happens while the store is away, and nothing
// is lost: signing goes on with the keys in memory, and what was due is done when the store is
// back.
//
// Thread-safe: one call at a time, the others wait. Everything here blocks (it waits for the store
// and may make keys), so it runs on threads of our own. Keeper, reports and clock outlive it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "services/keys/guard_report_store.h"
#include "services/keys/key_keeper.h"
#include "services/keys/rotation.h"

namespace tokenforge::keys {

class KeyCycle {
 public:
  using Set = std::shared_ptr<const KeySet>;
  // The set before and after a revocation: which keys it revoked is the difference.
  struct Revocation {
    Set after;
    std::vector<KeySet::Key> revoked;  // by this call, in their new state
  };

  KeyCycle(KeyKeeper& keeper, GuardReportStore& reports, const clock::Clock& clock,
           RotationSettings settings, Span store_timeout = std::chrono::seconds(2))
      : keeper_(keeper),
        reports_(reports),
        clock_(clock),
        settings_(settings),
        store_timeout_(store_timeout) {}

  // Refreshes, and does everything that is due. `look_again` (if not null) is when to come back at
  // the latest. Errors as KeyKeeper::Refresh; what is due is then done by a later call.
  absl::Status Tick(Span* look_again = nullptr);

  // Rotates now. KEY_NOT_ACKNOWLEDGED, unless forced: a connected guard does not enforce next yet
  // (the message names some), or the store was away and guards are reported again only in a moment.
  // OVERLOADED: no room (key_changes.h). DEPENDENCY_DOWN.
  absl::StatusOr<Set> Rotate(std::string_view reason, bool force);
  // NOT_FOUND, DEPENDENCY_DOWN. A key that was revoked already is told again.
  absl::StatusOr<Revocation> Revoke(std::string_view kid, std::string_view reason);
  absl::StatusOr<Revocation> RevokeAll(std::string_view reason);

 private:
  struct Sight {
    KeyState state;
    clock::SteadyTime since;
  };

  absl::StatusOr<Span> TickLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::Status Do(const Decision& decision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::Status Fresh() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void NoteReach(bool reached) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  bool GuardsAreReported() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void Look() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  Decision DecideNow() ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  void TellOverdue(const Decision& decision) ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  absl::StatusOr<std::vector<GuardReport>> Reports() const;
  absl::StatusOr<Revocation> RevokeWith(const KeyKeeper::How& how, std::string_view kid,
                                        std::string_view reason)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(turn_);
  Time Now() const;

  KeyKeeper& keeper_;
  GuardReportStore& reports_;
  const clock::Clock& clock_;
  const RotationSettings settings_;
  const Span store_timeout_;

  sync::Mutex turn_;
  std::map<std::string, Sight> sights_ ABSL_GUARDED_BY(turn_);          // by kid
  std::optional<clock::SteadyTime> away_since_ ABSL_GUARDED_BY(turn_);  // the store
  std::optional<clock::SteadyTime> back_since_ ABSL_GUARDED_BY(turn_);
  std::optional<clock::SteadyTime> foreign_kek_since_ ABSL_GUARDED_BY(turn_);
  bool told_reports_ ABSL_GUARDED_BY(turn_) = false;  // that they cannot be read
  bool told_overdue_ ABSL_GUARDED_BY(turn_) = false;
};

}  // namespace tokenforge::keys
