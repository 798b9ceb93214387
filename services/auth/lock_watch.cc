#include "services/auth/lock_watch.h"

#include <algorithm>

namespace tokenforge::auth {

bool LockWatch::IsNew(const std::string& account, clock::SteadyTime now,
                      std::chrono::milliseconds left) {
  const sync::MutexLock lock(&mutex_);
  const auto known = ends_.find(account);
  if (known != ends_.end() && now < known->second) return false;
  if (ends_.size() >= kMost) {
    std::erase_if(ends_, [now](const auto& each) { return each.second <= now; });
    if (ends_.size() >= kMost) ends_.clear();
  }
  ends_[account] = now + left;
  return true;
}

}  // namespace tokenforge::auth
