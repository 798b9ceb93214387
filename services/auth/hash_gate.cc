#include "services/auth/hash_gate.h"

#include <chrono>

#include "lib/errors/errors.h"

namespace tokenforge::auth {
namespace {

constexpr std::chrono::seconds kComeBackAfter{1};

}  // namespace

absl::StatusOr<HashGate::Slot> HashGate::Enter(const std::string& subscriber) {
  {
    const sync::MutexLock lock(&mutex_);
    const auto found = held_by_.find(subscriber);
    const int own = found == held_by_.end() ? 0 : found->second;
    if (own < most_ - held_) {
      ++held_;
      ++held_by_[subscriber];
      return Slot(this, subscriber);
    }
  }
  return errors::MakeRetryable(errors::reasons::OVERLOADED,
                               "too many passwords are being checked: try again", kComeBackAfter);
}

void HashGate::Leave(const std::string& subscriber) {
  const sync::MutexLock lock(&mutex_);
  --held_;
  const auto found = held_by_.find(subscriber);
  if (--found->second == 0) held_by_.erase(found);
}

}  // namespace tokenforge::auth
