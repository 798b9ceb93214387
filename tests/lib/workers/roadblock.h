// What tests of a pool hold its threads with and wait for.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "lib/async/task.h"
#include "lib/workers/pool.h"

namespace tokenforge::workers {

inline Deadline InAMinute() { return std::chrono::steady_clock::now() + std::chrono::minutes(1); }

// Something that happens once, with a value. Copies share it, so that whoever reports may still be
// inside Report() when the one who waited is gone.
template <class T>
class Event {
 public:
  void Report(T value) const { promise_->set_value(std::move(value)); }
  T Await() const { return promise_->get_future().get(); }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
};

// Work that holds its thread until it is told to go on.
class Roadblock {
 public:
  Pool::Work Work() const {
    return [reached = reached_, release = release_](int) {
      reached.Report(true);
      release.Await();
    };
  }
  void AwaitReached() const { reached_.Await(); }
  void Release() const { release_.Report(true); }

 private:
  Event<bool> reached_;
  Event<bool> release_;
};

inline Pool::Refused MustNotBeRefused() {
  return [](const absl::Status& status) { ADD_FAILURE() << status; };
}

inline Pool::Work MustNotRun() {
  return [](int) { ADD_FAILURE() << "work ran that should have been refused"; };
}

// A refusal to wait for.
class Refusal {
 public:
  Pool::Refused Callback() const {
    return [event = event_](absl::Status status) { event.Report(std::move(status)); };
  }
  absl::Status Await() const { return event_.Await(); }

 private:
  Event<absl::Status> event_;
};

template <class T>
T Wait(async::Task<T> task) {
  Event<T> result;
  async::Spawn(std::move(task), [result](std::exception_ptr failure, T value) {
    EXPECT_FALSE(failure);
    result.Report(std::move(value));
  });
  return result.Await();
}

}  // namespace tokenforge::workers
