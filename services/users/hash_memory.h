// A budget of memory that password hashes share.
//
// Why: a hash may ask for much more than the policy's own (an imported one for 256 MiB), and the
// sum over all threads must stay within what the operator gave, however logins meet. Whoever would
// go beyond it waits until others gave theirs back. Nobody holds one share while it waits for
// another, so nobody waits for ever. Thread-safe; outlives its shares.
#pragma once

#include <cstdint>

#include "lib/sync/mutex.h"

namespace tokenforge::users {

class HashMemory {
 public:
  explicit HashMemory(std::uint64_t bytes) : free_(bytes), budget_(bytes) {}

  // A part of the budget, given back at the end of its life.
  class Share {
   public:
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

   private:
    friend class HashMemory;
    Share(HashMemory& memory, std::uint64_t bytes) : memory_(memory), bytes_(bytes) {}
    HashMemory& memory_;
    const std::uint64_t bytes_;
  };

  // Waits until so much is free. `bytes` is at most the budget; more is taken as all of it.
  Share Take(std::uint64_t bytes);

  std::uint64_t budget() const { return budget_; }
  // How much is taken at this moment.
  std::uint64_t taken() const;

 private:
  mutable sync::Mutex mutex_;
  sync::CondVar given_back_;
  std::uint64_t free_ ABSL_GUARDED_BY(mutex_);
  const std::uint64_t budget_;
};

}  // namespace tokenforge::users
