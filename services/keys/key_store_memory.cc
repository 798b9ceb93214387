#include "services/keys/key_store_memory.h"

#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::keys {
namespace {

absl::Status Away() {
  return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN, "the key store is away",
                               std::chrono::milliseconds(1000));
}

}  // namespace

async::Task<absl::StatusOr<std::optional<StoredValue>>> KeyStoreMemory::Read(clock::SteadyTime) {
  const sync::MutexLock lock(&mutex_);
  if (away_) co_return Away();
  co_return stored_;
}

async::Task<absl::StatusOr<bool>> KeyStoreMemory::Replace(std::uint64_t expected, StoredValue next,
                                                          clock::SteadyTime) {
  const sync::MutexLock lock(&mutex_);
  if (away_) co_return Away();
  if (stored_ == next) co_return true;
  if ((stored_ ? stored_->version : 0) != expected) co_return false;
  stored_ = std::move(next);
  ++writes_;
  co_return true;
}

void KeyStoreMemory::SetAway(bool away) {
  const sync::MutexLock lock(&mutex_);
  away_ = away;
}

void KeyStoreMemory::Put(std::optional<StoredValue> stored) {
  const sync::MutexLock lock(&mutex_);
  stored_ = std::move(stored);
}

int KeyStoreMemory::writes() const {
  const sync::MutexLock lock(&mutex_);
  return writes_;
}

}  // namespace tokenforge::keys
