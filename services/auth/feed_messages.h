// FeedMessages: the messages of the trust feed, each serialised once and shared by all streams.
//
// Why: one revocation goes to ten thousand guards, which nearly all have the same state. What they
// are sent is then the same bytes; gRPC counts references to them. A snapshot is used again for a
// while, also when it is no longer the newest: whoever gets it is sent at once what came since. So
// a crowd of guards that comes back does not make a crowd of snapshots.
//
// Not thread-safe: one owner (TrustHub), beside its TrustState.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "lib/clock/clock.h"

namespace grpc {
class ByteBuffer;
}

namespace tokenforge::auth {

class TrustState;

// A serialised WatchTrustResponse. Immutable, and shared: read it from any thread.
struct FeedMessage {
  std::shared_ptr<const grpc::ByteBuffer> bytes;
  std::uint64_t version = 0;  // what a guard has that has applied it
};

class FeedMessages {
 public:
  using Shared = std::shared_ptr<const FeedMessage>;

  // What brings a guard from a version nearer to the present: a change, or a snapshot when the
  // journal does not reach back that far or the guard has nothing (0). Null when there is nothing
  // new, or nothing is known yet.
  Shared Since(TrustState& state, std::uint64_t version, clock::WallTime now);

  // A sign of life; null when nothing is known yet. `stale`: but of nothing else.
  Shared Heartbeat(TrustState& state, clock::WallTime now, bool stale);

 private:
  Shared Snapshot(TrustState& state, clock::WallTime now);

  std::uint64_t changes_to_ = 0;                        // what the changes below lead to
  absl::flat_hash_map<std::uint64_t, Shared> changes_;  // by where they lead from
  Shared snapshot_;
  std::uint64_t snapshot_keys_since_ = 0;
  Shared heartbeat_;
  std::int64_t heartbeat_second_ = 0;
  bool heartbeat_stale_ = false;
};

}  // namespace tokenforge::auth
