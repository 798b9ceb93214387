// Runs a task from a thread of our own that may block, and waits for what it gives. Never on a gRPC
// thread or one of a pool: the task may need just that thread. The task has a deadline, so this
// ends.
#pragma once

#include <exception>
#include <future>
#include <memory>
#include <utility>

#include "lib/async/task.h"

namespace tokenforge::users {

template <class T>
T AwaitTask(async::Task<T> task) {
  // Shared: the thread that ends the task may still be inside set_value when this one has the
  // value.
  auto result = std::make_shared<std::promise<T>>();
  async::Spawn(std::move(task), [result](std::exception_ptr failure, T value) {
    if (failure) {
      result->set_exception(failure);
    } else {
      result->set_value(std::move(value));
    }
  });
  return result->get_future().get();
}

}  // namespace tokenforge::users
