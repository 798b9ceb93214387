#include "interceptors/call_registry.h"

namespace tokenforge::internal {

CallRegistry& CallRegistry::Instance() {
  // Never destroyed: calls of a server that outlives main still look here.
  static CallRegistry* const registry = new CallRegistry;
  return *registry;
}

CallRegistry::Shard& CallRegistry::ShardOf(const grpc::ServerContextBase* context) {
  // Contexts are large objects: the low bits of their addresses hardly differ.
  const auto address = reinterpret_cast<std::uintptr_t>(context);
  return shards_[(address * 0x9e3779b97f4a7c15u >> 32) % shards_.size()];
}

void CallRegistry::Add(const grpc::ServerContextBase* context, GuardedCall* call) {
  Shard& shard = ShardOf(context);
  sync::MutexLock lock(&shard.mutex);
  shard.calls[context] = call;
}

void CallRegistry::Remove(const grpc::ServerContextBase* context, const GuardedCall* call) {
  Shard& shard = ShardOf(context);
  sync::MutexLock lock(&shard.mutex);
  // The address may belong to the next call already.
  const auto found = shard.calls.find(context);
  if (found != shard.calls.end() && found->second == call) shard.calls.erase(found);
}

GuardedCall* CallRegistry::Find(const grpc::ServerContextBase* context) {
  Shard& shard = ShardOf(context);
  sync::MutexLock lock(&shard.mutex);
  const auto found = shard.calls.find(context);
  return found == shard.calls.end() ? nullptr : found->second;
}

}  // namespace tokenforge::internal
