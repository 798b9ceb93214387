// KeyStore in memory, for tests: the same contract, and faults on demand.
#pragma once

#include "lib/sync/mutex.h"
#include "services/keys/key_store.h"

namespace tokenforge::keys {

class KeyStoreMemory final : public KeyStore {
 public:
  async::Task<absl::StatusOr<std::optional<StoredValue>>> Read(clock::SteadyTime deadline) override;
  async::Task<absl::StatusOr<bool>> Replace(std::uint64_t expected, StoredValue next,
                                            clock::SteadyTime deadline) override;

  // While set, every operation fails with DEPENDENCY_DOWN.
  void SetAway(bool away);
  // What somebody else did to the store.
  void Put(std::optional<StoredValue> stored);
  int writes() const;

 private:
  mutable sync::Mutex mutex_;
  std::optional<StoredValue> stored_ ABSL_GUARDED_BY(mutex_);
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  int writes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tokenforge::keys
