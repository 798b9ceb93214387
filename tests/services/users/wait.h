// Runs a task to its end and returns what it gave, or throws what it threw: for tests of
// asynchronous interfaces.
#pragma once

#include <chrono>
#include <exception>
#include <future>
#include <memory>
#include <utility>

#include "lib/async/task.h"

namespace tokenforge::users {

template <class T>
T Wait(async::Task<T> task) {
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

inline std::chrono::steady_clock::time_point InAMinute() {
  return std::chrono::steady_clock::now() + std::chrono::minutes(1);
}

}  // namespace tokenforge::users
