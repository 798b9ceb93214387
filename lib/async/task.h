// Task<T>: a coroutine of composed work, so that a flow reads as straight-line code.
//
// It is Boost.Asio's awaitable on an executor that runs inline: a coroutine continues on whatever
// thread finished what it awaited (a gRPC callback thread, the Redis loop, a worker), without a
// hop. So nothing in a Task may block, and nothing in it may assume a thread. Every await must have
// a deadline of its own.
//
// Ownership: Spawn owns the coroutine's frame until it ends; arguments are best taken by value, or
// must outlive the end of the task. Exceptions end the task and reach `done`.
#pragma once

#include <atomic>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "lib/async/local.h"

namespace tokenforge::async {

// Runs whatever it is given at once, on the calling thread; also what Asio would rather post, so
// that no thread of Asio's own ever exists.
struct Executor {
  template <class Function>
  void execute(Function function) const {
    std::move(function)();
  }
  static constexpr boost::asio::execution::blocking_t query(
      boost::asio::execution::blocking_t) noexcept {
    return boost::asio::execution::blocking.never;
  }
  Executor require(boost::asio::execution::blocking_t::never_t) const noexcept { return *this; }
  bool operator==(const Executor&) const noexcept { return true; }
  bool operator!=(const Executor&) const noexcept { return false; }
};

template <class T>
using Task = boost::asio::awaitable<T, Executor>;

namespace internal {

// Where a callback and its awaiting coroutine meet; whichever comes second goes on with the
// coroutine.
template <class T>
struct Meeting : std::enable_shared_from_this<Meeting<T>> {
  enum State { kNobody, kWaiting, kReady };
  std::atomic<State> state = kNobody;
  std::optional<T> value;
  std::function<void()> resume;
};

}  // namespace internal

// Makes a callback API awaitable: `start(resume)` begins the work and arranges that `resume(T)` is
// called exactly once, from any thread. A result that is there before `start` returns costs no
// suspension, so a loop over such results does not grow the stack. The task's Local goes along
// (lib/async/local.h).
template <class T, class Start>
Task<T> Await(Start start) {
  using Meeting = internal::Meeting<T>;
  auto meeting = std::make_shared<Meeting>();
  start([meeting](T value) {
    meeting->value.emplace(std::move(value));
    if (meeting->state.exchange(Meeting::kReady) == Meeting::kWaiting) meeting->resume();
  });
  if (meeting->state.load() != Meeting::kReady) {
    // g++ 12 destroys temporaries of a co_await expression twice: this lambda must own nothing.
    // Resuming may end the coroutine and with it the last reference: go on with a copy on the
    // stack.
    const Local local = CurrentLocal();
    auto begin = [raw = meeting.get(), along = &local](auto handler) {
      const std::shared_ptr<Meeting> held = raw->shared_from_this();
      // std::function wants a copyable target; the handler can only be moved.
      auto shared = std::make_shared<decltype(handler)>(std::move(handler));
      held->resume = [shared, local = *along] {
        const LocalScope scope(local);
        std::move (*shared)();
      };
      if (held->state.exchange(Meeting::kWaiting) == Meeting::kReady) held->resume();
    };
    const boost::asio::use_awaitable_t<Executor> token;
    Task<void> waiting =
        boost::asio::async_initiate<const boost::asio::use_awaitable_t<Executor>&, void()>(begin,
                                                                                           token);
    co_await std::move(waiting);
  }
  co_return std::move(*meeting->value);
}

// Starts a task on the calling thread, which runs it until its first await. `done(exception,
// value)` is called once, on the thread where the task ends. The task begins with the Local of the
// calling thread, which afterwards has it still.
template <class T, class Done>
void Spawn(Task<T> task, Done done) {
  const LocalScope scope(CurrentLocal());
  boost::asio::co_spawn(Executor(), std::move(task), std::move(done));
}

}  // namespace tokenforge::async
