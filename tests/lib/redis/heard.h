// Heard: what a subscription told, and a way to wait for it. Thread-safe; outlives the
// subscription.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/redis/subscription.h"
#include "lib/sync/mutex.h"

namespace tokenforge::fakes {

class Heard {
 public:
  redis::SubscriptionHooks Hooks() {
    return {.on_subscribed = [this] { Note(&ups_); },
            .on_message =
                [this](std::string_view payload) {
                  const sync::MutexLock lock(&mutex_);
                  messages_.emplace_back(payload);
                  changed_.NotifyAll();
                },
            .on_down =
                [this](std::string_view why) {
                  Note(&downs_);
                  const sync::MutexLock lock(&mutex_);
                  why_ = why;
                }};
  }
  void AwaitUps(int count) { Await(&ups_, count); }
  void AwaitDowns(int count) { Await(&downs_, count); }
  std::vector<std::string> AwaitMessages(size_t count) {
    const sync::MutexLock lock(&mutex_);
    while (messages_.size() < count) changed_.Wait(&mutex_);
    return messages_;
  }
  int ups() {
    const sync::MutexLock lock(&mutex_);
    return ups_;
  }
  std::string why() {
    const sync::MutexLock lock(&mutex_);
    return why_;
  }

 private:
  void Note(int* count) {
    const sync::MutexLock lock(&mutex_);
    ++*count;
    changed_.NotifyAll();
  }
  void Await(const int* count, int wanted) {
    const sync::MutexLock lock(&mutex_);
    while (*count < wanted) changed_.Wait(&mutex_);
  }

  sync::Mutex mutex_;
  sync::CondVar changed_;
  int ups_ = 0;  // with mutex_, as downs_
  int downs_ = 0;
  std::string why_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> messages_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::fakes
