// CallRegistry: which guarded call a ServerContext belongs to.
//
// Why: handlers get a context and nothing else, gRPC offers no per-call slot, and the AuthContext
// belongs to the whole connection. Keys are addresses of contexts of live calls, so nothing that a
// client sends can name another's.
//
// Thread-safe: sharded by address; each operation holds one lock for a few instructions.
#pragma once

#include <array>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "lib/sync/mutex.h"

namespace grpc {
class ServerContextBase;
}

namespace tokenforge::internal {

class GuardedCall;

class CallRegistry {
 public:
  // The process's only one: CallerOf has no other way to find a call than its context.
  static CallRegistry& Instance();

  void Add(const grpc::ServerContextBase* context, GuardedCall* call);
  void Remove(const grpc::ServerContextBase* context, const GuardedCall* call);
  GuardedCall* Find(const grpc::ServerContextBase* context);

 private:
  struct alignas(64) Shard {
    sync::Mutex mutex;
    absl::flat_hash_map<const grpc::ServerContextBase*, GuardedCall*> calls ABSL_GUARDED_BY(mutex);
  };
  Shard& ShardOf(const grpc::ServerContextBase* context);

  std::array<Shard, 32> shards_;
};

}  // namespace tokenforge::internal
