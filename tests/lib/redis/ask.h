// Asking Redis from a test, which may wait: the answer of one command.
#pragma once

#include <chrono>
#include <future>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/async/task.h"
#include "lib/redis/client.h"

namespace tokenforge::fakes {

inline clock::SteadyTime In(std::chrono::milliseconds span) {
  return std::chrono::steady_clock::now() + span;
}

// A client's settings for a server at this address. A busy machine may take its time to connect.
inline redis::Options OptionsFor(const std::string& address) {
  redis::Options options;
  options.endpoint = redis::ParseEndpoint(address).value();
  options.connect_timeout = std::chrono::seconds(10);
  return options;
}

inline std::future<absl::StatusOr<redis::Reply>> AskLater(redis::Client& client,
                                                          redis::Command command,
                                                          clock::SteadyTime deadline) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<redis::Reply>>>();
  auto future = promise->get_future();
  client.Run(std::move(command), deadline, [promise](absl::StatusOr<redis::Reply> reply) {
    promise->set_value(std::move(reply));
  });
  return future;
}

inline absl::StatusOr<redis::Reply> Ask(
    redis::Client& client, redis::Command command,
    std::chrono::milliseconds within = std::chrono::seconds(20)) {
  return AskLater(client, std::move(command), In(within)).get();
}

// Runs a task to its end. Never on the event-loop thread.
template <class T>
T Finish(async::Task<T> task) {
  std::promise<T> promise;
  async::Spawn(std::move(task), [&promise](std::exception_ptr fault, T value) {
    if (fault) return promise.set_exception(fault);
    promise.set_value(std::move(value));
  });
  return promise.get_future().get();
}

}  // namespace tokenforge::fakes
