// RevocationSet: which tokens are refused although they verify.
//
// Tokens are matched by `jti`, `sid`, `kid`, and `sub` with the second of issue. A revocation is
// kept until the clock has passed its end; whatever it refuses has expired by then. Bounded: over
// the bound those that end first go, since their tokens are the next to expire by themselves.
//
// Thread-safe. Asking takes four sharded locks for a few instructions each, and none while the set
// is empty.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "tokenforge/caller.h"
#include "tokenforge/trust.h"

namespace tokenforge::internal {

// What of a token a revocation can name; made once per token, since making keys costs more than
// looking them up.
struct RevocationKeys {
  explicit RevocationKeys(const VerifiedClaims& claims);
  std::string jti, sid, sub, kid;
  clock::WallTime issue_time;
};

class RevocationSet {
 public:
  explicit RevocationSet(std::size_t max_size) : max_size_(max_size) {}

  // True when something was added that was not there.
  bool Add(const std::vector<Revocation>& revocations, clock::WallTime now);
  // Drops what is not among them. True when something was added or dropped.
  bool Replace(const std::vector<Revocation>& revocations, clock::WallTime now);
  // Forgets what has ended.
  void Sweep(clock::WallTime now);

  bool Matches(const RevocationKeys& keys) const;
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }
  // How many were dropped for want of room, ever.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  struct Entry {
    clock::WallTime end;
    clock::WallTime issued_before =
        clock::WallTime::max();  // matches tokens issued before; others: all
  };
  struct alignas(64) Shard {
    mutable sync::Mutex mutex;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
  };

  bool AddLocked(const Revocation& revocation, clock::WallTime now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writers_);
  bool Put(const std::string& key, const Entry& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writers_);
  void Erase(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writers_);
  void SweepLocked(clock::WallTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(writers_);
  bool Holds(const std::string& key, clock::WallTime issue_time) const;
  Shard& ShardOf(const std::string& key) const;

  const std::size_t max_size_;
  std::atomic<std::size_t> size_ = 0;
  std::atomic<std::uint64_t> dropped_ = 0;
  mutable std::array<Shard, 16> shards_;
  sync::Mutex writers_;  // one writer at a time; taken before a shard's
  std::set<std::pair<clock::WallTime, std::string>> by_end_ ABSL_GUARDED_BY(writers_);
};

}  // namespace tokenforge::internal
