// LockWatch: which refusals of a locked account are worth an audit event: the first of each lock.
//
// Why: an attacker goes on guessing at a locked account, and each guess is refused for free. If
// each were recorded, whoever guesses would fill the log at no cost. (The failures that led to the
// lock are in the log one by one; the rate limits bound those.) Each replica tells of a lock once.
//
// Thread-safe. Remembers kMost accounts; beyond that it may tell of a lock again.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth {

class LockWatch {
 public:
  static constexpr std::size_t kMost = 10'000;

  // True for a lock that was not told of before. `left`: how long it will last from now on.
  bool IsNew(const std::string& account, clock::SteadyTime now, std::chrono::milliseconds left);

 private:
  sync::Mutex mutex_;
  std::map<std::string, clock::SteadyTime> ends_ ABSL_GUARDED_BY(mutex_);  // by account
};

}  // namespace tokenforge::auth
