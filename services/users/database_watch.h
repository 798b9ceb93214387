// Asks the account database again and again whether it answers, and tells readiness, under the name
// "database".
//
// Why: a replica that starts before its database should wait for it, without calls, instead of
// ending; and /readyz should tell when it goes away later (which takes no readiness: see there).
// The first question also makes the schema. A database that is only busy (OVERLOADED) counts as one
// that answers.
//
// One thread of its own, from construction to Stop or destruction. The readiness, and whatever the
// question needs, outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/operators/readiness.h"

namespace tokenforge::users {

class DatabaseWatch {
 public:
  struct Intervals {
    std::chrono::milliseconds while_up{1000};
    std::chrono::milliseconds while_down{200};
    // A question without an answer for this long means no.
    std::chrono::milliseconds patience{3000};
  };

  // SqlDatabase::Ping.
  using Question = std::function<async::Task<absl::Status>(clock::SteadyTime deadline)>;

  DatabaseWatch(Question question, operators::Readiness& readiness)
      : DatabaseWatch(std::move(question), readiness, Intervals()) {}
  DatabaseWatch(Question question, operators::Readiness& readiness, const Intervals& intervals);
  ~DatabaseWatch();
  DatabaseWatch(const DatabaseWatch&) = delete;
  DatabaseWatch& operator=(const DatabaseWatch&) = delete;

  // Asks no more. Harmless when called again.
  void Stop();

 private:
  struct Asking;

  void Loop();
  void Ask();
  void Report(const absl::Status& answer);

  const Question question_;
  operators::Readiness& readiness_;
  const Intervals intervals_;
  const std::shared_ptr<Asking> asking_;  // shared with the question that is under way
  bool up_ = false;
  bool reported_ = false;
  std::thread thread_;
};

}  // namespace tokenforge::users
