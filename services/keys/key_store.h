// KeyStore: where the key set is kept, as one versioned value that is replaced by compare-and-set.
//
// The store knows nothing of keys: the value is bytes. Contract, which one test suite checks on
// every body:
//  - Of several Replace with the same `expected`, one wins; the others learn that they did not.
//  - A Replace may be repeated after DEPENDENCY_DOWN without harm: if the first one happened, the
//  second says so.
//  - A fault of the store is DEPENDENCY_DOWN, OVERLOADED or INTERNAL_FAULT, and never looks like an
//  empty store.
// Thread-safe; coroutines go on where the store answers. Outlives its tasks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"

namespace tokenforge::keys {

struct StoredValue {
  std::uint64_t version = 0;  // from 1 on
  std::string value;
  friend bool operator==(const StoredValue&, const StoredValue&) = default;
};

class KeyStore {
 public:
  virtual ~KeyStore() = default;

  // What is stored; nothing when nothing ever was.
  virtual async::Task<absl::StatusOr<std::optional<StoredValue>>> Read(
      clock::SteadyTime deadline) = 0;

  // Stores `next` if the stored version is `expected` (0: nothing is stored); `next.version` is
  // larger. True when `next` is what is stored now.
  virtual async::Task<absl::StatusOr<bool>> Replace(std::uint64_t expected, StoredValue next,
                                                    clock::SteadyTime deadline) = 0;
};

}  // namespace tokenforge::keys
