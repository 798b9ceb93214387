// Watched: something that changes, and those who watch it.
//
// What is watched derives from it and says Tell after each change; news carry no content, a watcher
// looks for itself. So one that is slow misses steps, never the last one, and nothing is queued.
//
// Thread-safe. Watchers are called without any lock of this class, on the thread that tells; they
// may add and remove themselves and others meanwhile. Each is held from Add until Remove, and for
// the length of a call to it: one that has just been removed may still be called once.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"

namespace tokenforge::sync {

class Watched {
 public:
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // There may be news. May come at any time, from any thread, also several at once.
    virtual void OnNews() = 0;
    // The process is about to end: finish.
    virtual void OnDrain() = 0;
  };

  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // False when the process is ending: the watcher has not been added. Whoever has been added looks
  // for itself at what is there already.
  bool Add(std::shared_ptr<Watcher> watcher) {
    const MutexLock lock(&mutex_);
    if (draining_) return false;
    Watcher* const key = watcher.get();
    watchers_.emplace(key, std::move(watcher));
    return true;
  }
  void Remove(Watcher* watcher) {
    std::shared_ptr<Watcher> last;  // dies after the lock is gone
    const MutexLock lock(&mutex_);
    const auto found = watchers_.find(watcher);
    if (found == watchers_.end()) return;
    last = std::move(found->second);
    watchers_.erase(found);
  }

  // Every watcher hears that there may be news before this returns.
  void Tell() {
    for (const auto& watcher : Watchers()) watcher->OnNews();
  }

  // Tells every watcher to finish, and lets no new one begin.
  void Drain() {
    {
      const MutexLock lock(&mutex_);
      draining_ = true;
    }
    for (const auto& watcher : Watchers()) watcher->OnDrain();
  }

 protected:
  ~Watched() { TakeOver(this); }  // its watchers have gone, as far as a server's end is their end

 private:
  std::vector<std::shared_ptr<Watcher>> Watchers() const {
    const MutexLock lock(&mutex_);
    std::vector<std::shared_ptr<Watcher>> watchers;
    watchers.reserve(watchers_.size());
    for (const auto& [key, watcher] : watchers_) watchers.push_back(watcher);
    return watchers;
  }

  mutable Mutex mutex_;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<Watcher*, std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::sync
