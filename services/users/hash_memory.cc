#include "services/users/hash_memory.h"

#include <algorithm>

namespace tokenforge::users {

HashMemory::Share HashMemory::Take(std::uint64_t bytes) {
  const std::uint64_t wanted = std::min(bytes, budget_);
  sync::MutexLock lock(&mutex_);
  while (free_ < wanted) given_back_.Wait(&mutex_);
  free_ -= wanted;
  return Share(*this, wanted);
}

HashMemory::Share::~Share() {
  if (bytes_ == 0) return;
  {
    sync::MutexLock lock(&memory_.mutex_);
    memory_.free_ += bytes_;
  }
  memory_.given_back_.NotifyAll();
}

std::uint64_t HashMemory::taken() const {
  sync::MutexLock lock(&mutex_);
  return budget_ - free_;
}

}  // namespace tokenforge::users
