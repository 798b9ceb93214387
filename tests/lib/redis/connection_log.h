// ConnectionLog: lets a test wait for a client's connection to come and go, and counts what it
// answered. Thread-safe; outlives the client.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "lib/redis/client.h"
#include "lib/sync/mutex.h"

namespace tokenforge::fakes {

class ConnectionLog final : public redis::Observer {
 public:
  void OnDone(std::string_view, std::chrono::nanoseconds, const absl::Status& status) override {
    const sync::MutexLock lock(&mutex_);
    ++(status.ok() ? answered_ : failed_);
  }
  void OnConnection(bool up, std::string_view why) override {
    const sync::MutexLock lock(&mutex_);
    ++(up ? ups_ : downs_);
    why_ = why;
    changed_.NotifyAll();
  }
  void AwaitUps(int count) {
    const sync::MutexLock lock(&mutex_);
    while (ups_ < count) changed_.Wait(&mutex_);
  }
  void AwaitDowns(int count) {
    const sync::MutexLock lock(&mutex_);
    while (downs_ < count) changed_.Wait(&mutex_);
  }
  std::string why() {
    const sync::MutexLock lock(&mutex_);
    return why_;
  }
  int downs() {
    const sync::MutexLock lock(&mutex_);
    return downs_;
  }
  int answered() {
    const sync::MutexLock lock(&mutex_);
    return answered_;
  }
  int failed() {
    const sync::MutexLock lock(&mutex_);
    return failed_;
  }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  int ups_ ABSL_GUARDED_BY(mutex_) = 0;
  int downs_ ABSL_GUARDED_BY(mutex_) = 0;
  int answered_ ABSL_GUARDED_BY(mutex_) = 0;
  int failed_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string why_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::fakes
