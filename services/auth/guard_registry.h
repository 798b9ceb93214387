// GuardRegistry: which guards are on this replica's feed, and which state each has applied.
//
// Why: a rotation is provably safe when every connected guard has said that it knows the next key,
// and a kill is observable when every one has said that it refuses the old ones.
//
// Thread-safe. Waiters are called on the thread that brought what they waited for, without a lock
// held.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth {

// What a guard said of itself when it came, and what is known of it otherwise.
struct GuardInfo {
  std::string guard_id;  // its own word; for operators only
  std::string peer;      // SPIFFE ID, proven
  std::string audience;  // its own word
  clock::WallTime connect_time;
};

// How far the connected guards are with one version of the state.
struct GuardCount {
  std::int32_t connected = 0;
  std::int32_t applied = 0;         // have this version or a later one
  std::uint64_t least_version = 0;  // the oldest one; 0 when a guard has acknowledged none
  std::vector<std::string> behind;  // IDs of guards that have not, at most `max_behind`
};

class GuardRegistry {
 public:
  static constexpr std::size_t kMaxBehind = 20;
  using Id = std::uint64_t;

  // Calls this after each change, on the thread that brought it; it must be quick. Set it before
  // the first guard comes.
  void OnChange(std::function<void()> listener);

  // A guard has come; `applied` is the version that it has already, or 0.
  Id Add(GuardInfo info, std::uint64_t applied);
  // It enforces everything up to this version. Versions only grow; a smaller one changes nothing.
  void Applied(Id id, std::uint64_t version);
  void Remove(Id id);

  GuardCount Count(std::uint64_t version) const;
  std::int32_t connected() const;
  // How many have not applied this version.
  std::int32_t Behind(std::uint64_t version) const;

  // Calls `done` once: as soon as every connected guard has applied the version (at once when there
  // is none that has not), or from GiveUp. Returns what GiveUp takes.
  using Wait = std::uint64_t;
  Wait WhenApplied(std::uint64_t version, std::function<void()> done);
  // Ends a wait that is still on.
  void GiveUp(Wait wait);

 private:
  struct Guard {
    GuardInfo info;
    std::uint64_t applied = 0;
  };
  struct Waiter {
    std::uint64_t version;
    std::function<void()> done;
  };
  using Ready = std::vector<std::function<void()>>;

  std::int32_t BehindLocked(std::uint64_t version) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Forget(std::uint64_t applied) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Ready TakeReady() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Tell(const Ready& ready) const;

  std::function<void()> listener_;
  mutable sync::Mutex mutex_;
  Id last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  Wait last_wait_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<Id, Guard> guards_ ABSL_GUARDED_BY(mutex_);
  // How many guards have applied which version: few, however many guards there are.
  std::map<std::uint64_t, std::int32_t> versions_ ABSL_GUARDED_BY(mutex_);
  std::map<Wait, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth
