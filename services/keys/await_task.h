// Wait: the end of a task, waited for. Blocks, so only on threads of our own: never on gRPC's, and
// never on the Redis loop, which could be the one to finish it.
#pragma once

#include <exception>
#include <future>
#include <utility>

#include "lib/async/task.h"

namespace tokenforge::keys {

template <class T>
T Wait(async::Task<T> task) {
  std::promise<T> promise;
  async::Spawn(std::move(task), [&promise](std::exception_ptr thrown, T value) {
    if (thrown) {
      promise.set_exception(thrown);
    } else {
      promise.set_value(std::move(value));
    }
  });
  return promise.get_future().get();
}

}  // namespace tokenforge::keys
