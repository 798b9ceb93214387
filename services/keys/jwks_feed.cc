#include "services/keys/jwks_feed.h"

#include <utility>

namespace tokenforge::keys {

void JwksFeed::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void JwksFeed::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void JwksFeed::Loop() {
  while (true) {
    {
      const sync::MutexLock lock(&mutex_);
      const auto next = std::chrono::steady_clock::now() + heartbeat_;
      while (!stopping_ && stop_.WaitUntil(&mutex_, next)) {
      }
      if (stopping_) return;
      ++pulse_;
    }
    Tell();
  }
}

void JwksFeed::Tell() {
  for (const auto& watcher : Watchers()) watcher->OnNews();
}

std::uint64_t JwksFeed::pulse() const {
  const sync::MutexLock lock(&mutex_);
  return pulse_;
}

bool JwksFeed::Add(std::shared_ptr<Watcher> watcher) {
  const sync::MutexLock lock(&mutex_);
  if (draining_) return false;
  Watcher* const key = watcher.get();
  watchers_.emplace(key, std::move(watcher));
  return true;
}

void JwksFeed::Remove(Watcher* watcher) {
  std::shared_ptr<Watcher> last;  // dies after the lock is gone
  const sync::MutexLock lock(&mutex_);
  const auto found = watchers_.find(watcher);
  if (found == watchers_.end()) return;
  last = std::move(found->second);
  watchers_.erase(found);
}

void JwksFeed::Drain() {
  {
    const sync::MutexLock lock(&mutex_);
    draining_ = true;
  }
  for (const auto& watcher : Watchers()) watcher->OnDrain();
}

std::vector<std::shared_ptr<JwksFeed::Watcher>> JwksFeed::Watchers() const {
  const sync::MutexLock lock(&mutex_);
  std::vector<std::shared_ptr<Watcher>> watchers;
  for (const auto& [key, watcher] : watchers_) watchers.push_back(watcher);
  return watchers;
}

}  // namespace tokenforge::keys
