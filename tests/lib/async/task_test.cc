#include "lib/async/task.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace tokenforge::async {
namespace {

// Runs a task to its end, which must come without waiting or from another thread.
template <class T>
T Result(Task<T> task) {
  std::promise<T> promise;
  Spawn(std::move(task), [&promise](std::exception_ptr thrown, T value) {
    if (thrown) {
      promise.set_exception(thrown);
    } else {
      promise.set_value(std::move(value));
    }
  });
  return promise.get_future().get();
}

Task<int> ReadyValue(int value) {
  auto start = [value](auto resume) { resume(value); };
  const int got = co_await Await<int>(start);
  co_return got;
}

Task<int> ValueFromThread(int value, std::vector<std::thread>& threads) {
  auto start = [value, &threads](auto resume) {
    threads.emplace_back([value, resume]() mutable { resume(value); });
  };
  const int got = co_await Await<int>(start);
  co_return got;
}

void JoinAll(std::vector<std::thread>& threads) {
  for (std::thread& thread : threads) thread.join();
}

TEST(Task, ReturnsAValueThatIsThereAtOnce) { EXPECT_EQ(Result(ReadyValue(7)), 7); }

TEST(Task, ReturnsAValueOfAnotherThread) {
  std::vector<std::thread> threads;
  EXPECT_EQ(Result(ValueFromThread(8, threads)), 8);
  JoinAll(threads);
}

TEST(Task, RunsUntilItsFirstAwaitOnTheThreadThatSpawnsIt) {
  std::thread::id seen;
  auto body = [&seen]() -> Task<int> {
    seen = std::this_thread::get_id();
    co_return 0;
  };
  Spawn(body(), [](std::exception_ptr, int) {});
  EXPECT_EQ(seen, std::this_thread::get_id());
}

TEST(Task, GoesOnOnTheThreadThatFinishedTheAwait) {
  std::thread worker;
  std::function<void(int)> resume_later;
  std::promise<std::thread::id> ended_on;
  auto body = [&resume_later]() -> Task<int> {
    auto start = [&resume_later](auto resume) { resume_later = resume; };
    const int value = co_await Await<int>(start);
    co_return value;
  };
  Spawn(body(),
        [&ended_on](std::exception_ptr, int) { ended_on.set_value(std::this_thread::get_id()); });
  worker = std::thread([&resume_later] { resume_later(1); });
  const std::thread::id worker_id = worker.get_id();
  EXPECT_EQ(ended_on.get_future().get(), worker_id);
  worker.join();
}

TEST(Task, LoopOverReadyResultsDoesNotGrowTheStack) {
  auto body = []() -> Task<int> {
    int sum = 0;
    for (int i = 0; i < 300'000; ++i) sum += co_await ReadyValue(1);
    co_return sum;
  };
  EXPECT_EQ(Result(body()), 300'000);
}

TEST(Task, ExceptionReachesWhoeverSpawnedIt) {
  auto body = []() -> Task<int> {
    co_await ReadyValue(1);
    throw std::runtime_error("boom");
  };
  EXPECT_THROW(Result(body()), std::runtime_error);
}

TEST(Task, ExceptionPassesThroughAwaitingTasks) {
  auto inner = []() -> Task<int> {
    co_await ReadyValue(1);
    throw std::out_of_range("inner");
  };
  auto outer = [&inner]() -> Task<int> {
    try {
      Task<int> task = inner();
      co_return co_await std::move(task);
    } catch (const std::out_of_range&) {
      co_return 42;
    }
  };
  EXPECT_EQ(Result(outer()), 42);
}

TEST(Task, OwnsWhatWasMovedIntoItUntilItEnds) {
  auto value = std::make_shared<std::string>("kept");
  const std::weak_ptr<std::string> watch = value;
  std::function<void(int)> resume_later;
  auto body = [&resume_later](std::shared_ptr<std::string> held) -> Task<int> {
    auto start = [&resume_later](auto resume) { resume_later = resume; };
    co_await Await<int>(start);
    co_return static_cast<int>(held->size());
  };
  int result = 0;
  Spawn(body(std::move(value)), [&result](std::exception_ptr, int size) { result = size; });
  EXPECT_FALSE(watch.expired());
  resume_later(0);
  resume_later = nullptr;
  EXPECT_EQ(result, 4);
  EXPECT_TRUE(watch.expired());
}

TEST(Task, MovesValuesThatCannotBeCopied) {
  auto body = []() -> Task<std::unique_ptr<int>> {
    auto start = [](auto resume) { resume(std::make_unique<int>(5)); };
    std::unique_ptr<int> value = co_await Await<std::unique_ptr<int>>(start);
    co_return value;
  };
  EXPECT_EQ(*Result(body()), 5);
}

// The callback and the suspension race for every one of these.
TEST(Task, CallbackRacingWithTheSuspensionIsNeverLost) {
  for (int i = 0; i < 2'000; ++i) {
    std::vector<std::thread> threads;
    ASSERT_EQ(Result(ValueFromThread(i, threads)), i);
    JoinAll(threads);
  }
}

}  // namespace
}  // namespace tokenforge::async
