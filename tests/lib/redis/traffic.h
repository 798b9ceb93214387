// Traffic: commands without end while a test breaks something, each waiting for the one before, and
// what became of them. Thread-safe where it says so; the client outlives it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"
#include "tests/lib/redis/ask.h"

namespace tokenforge::fakes {

class Traffic {
 public:
  // The n-th command of a lane, made on the lane's thread.
  using Make = std::function<redis::Command(int lane, int64_t n)>;

  Traffic(redis::Client& client, int lanes, std::chrono::milliseconds deadline, Make make) {
    for (int lane = 0; lane < lanes; ++lane) {
      counts_.push_back(std::make_unique<std::atomic<int64_t>>(0));
    }
    for (int lane = 0; lane < lanes; ++lane) {
      lanes_.emplace_back([this, &client, lane, deadline, make] {
        for (int64_t n = 0; !stop_; ++n) Note(lane, Ask(client, make(lane, n), deadline).status());
      });
    }
  }
  ~Traffic() { Stop(); }

  // Waits until every lane has had this many more good answers.
  void AwaitMore(int64_t answers) {
    for (const auto& count : counts_) {
      const int64_t wanted = *count + answers;
      for (int64_t now = *count; now < wanted; now = *count) count->wait(now);
    }
  }
  // Ends it, after what is under way; no more failures come.
  void Stop() {
    stop_ = true;
    for (std::thread& lane : lanes_) {
      if (lane.joinable()) lane.join();
    }
  }
  // Good answers to a lane.
  int64_t answered(int lane) const { return *counts_[static_cast<size_t>(lane)]; }
  // What went wrong, and how often.
  std::map<std::string, int> failures() {
    const sync::MutexLock lock(&mutex_);
    return failures_;
  }

 private:
  void Note(int lane, const absl::Status& status) {
    if (status.ok()) {
      ++*counts_[static_cast<size_t>(lane)];
      counts_[static_cast<size_t>(lane)]->notify_all();
      return;
    }
    const sync::MutexLock lock(&mutex_);
    ++failures_[std::string(status.message())];
  }

  std::vector<std::unique_ptr<std::atomic<int64_t>>> counts_;
  std::atomic<bool> stop_ = false;
  sync::Mutex mutex_;
  std::map<std::string, int> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> lanes_;
};

}  // namespace tokenforge::fakes
