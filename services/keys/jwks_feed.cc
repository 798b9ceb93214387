#include "services/keys/jwks_feed.h"

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

std::uint64_t JwksFeed::pulse() const {
  const sync::MutexLock lock(&mutex_);
  return pulse_;
}

}  // namespace tokenforge::keys
