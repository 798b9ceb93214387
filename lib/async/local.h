// Local: what goes along with a task, whichever threads it runs on.
//
// Why: a store is given a question and a deadline, not the call that asks; yet the span of what it
// does belongs below the span of that call (lib/telemetry/span.h, the one user of this). A
// thread_local alone would be left behind at the first await: async::Await takes the value of the
// awaiting task along and puts it back where the task goes on, and a pool of lib/workers does the
// same for work. A callback API between the two must do it by hand: CurrentLocal where it is asked,
// LocalScope where it answers.
//
// Each thread has its own value, nothing by default. What it points to is shared and immutable, and
// lives as long as anybody has it. Without a value all of this costs some nanoseconds.
#pragma once

#include <memory>
#include <utility>

namespace tokenforge::async {

using Local = std::shared_ptr<const void>;

namespace internal {
inline thread_local Local local;
}

inline const Local& CurrentLocal() { return internal::local; }

// The thread's value is `value` while this lives, and then again what it was. Scopes nest; one may
// live in a coroutine across an await.
class LocalScope {
 public:
  explicit LocalScope(Local value) : former_(std::exchange(internal::local, std::move(value))) {}
  ~LocalScope() { internal::local = std::move(former_); }
  LocalScope(const LocalScope&) = delete;
  LocalScope& operator=(const LocalScope&) = delete;

 private:
  Local former_;
};

}  // namespace tokenforge::async
