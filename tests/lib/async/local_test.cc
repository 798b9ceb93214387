#include "lib/async/local.h"

#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <string>
#include <thread>

#include "lib/async/task.h"

namespace tokenforge::async {
namespace {

Local Of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

std::string Current() {
  const auto* const text = static_cast<const std::string*>(CurrentLocal().get());
  return text != nullptr ? *text : "none";
}

TEST(LocalScope, EndsWithWhatWasThereBefore) {
  EXPECT_EQ(Current(), "none");
  {
    const LocalScope outer(Of("outer"));
    {
      const LocalScope inner(Of("inner"));
      EXPECT_EQ(Current(), "inner");
    }
    EXPECT_EQ(Current(), "outer");
  }
  EXPECT_EQ(Current(), "none");
}

// A callback API whose callback waits for the test.
struct Later {
  std::function<void(int)> resume;
  Task<std::string> Wait() {
    auto start = [this](auto resumed) { resume = std::move(resumed); };
    Task<int> waiting = Await<int>(start);
    co_await std::move(waiting);
    co_return Current();
  }
};

TEST(Task, GoesOnWithItsLocalOnAnotherThreadWhichKeepsItsOwn) {
  Later later;
  std::promise<std::string> seen;
  {
    const LocalScope scope(Of("task"));
    Task<std::string> task = later.Wait();
    Spawn(std::move(task),
          [&](std::exception_ptr, const std::string& text) { seen.set_value(text); });
  }
  std::string after;
  std::thread([&] {
    const LocalScope scope(Of("thread"));
    later.resume(1);
    after = Current();
  }).join();
  EXPECT_EQ(seen.get_future().get(), "task");
  EXPECT_EQ(after, "thread");
  EXPECT_EQ(Current(), "none");
}

TEST(Task, WithoutALocalGoesOnWithoutOneWhereverItIsResumed) {
  Later later;
  std::promise<std::string> seen;
  Task<std::string> task = later.Wait();
  Spawn(std::move(task),
        [&](std::exception_ptr, const std::string& text) { seen.set_value(text); });
  const LocalScope scope(Of("somebody else's"));
  later.resume(1);
  EXPECT_EQ(seen.get_future().get(), "none");
  EXPECT_EQ(Current(), "somebody else's");
}

TEST(Task, MayHaveAScopeAcrossAnAwait) {
  Later later;
  auto body = [&]() -> Task<std::string> {
    std::string both;
    {
      const LocalScope scope(Of("below"));
      Task<std::string> waiting = later.Wait();
      both = co_await std::move(waiting);
    }
    co_return both + ", " + Current();
  };
  std::promise<std::string> seen;
  {
    const LocalScope scope(Of("above"));
    Task<std::string> task = body();
    Spawn(std::move(task),
          [&](std::exception_ptr, const std::string& text) { seen.set_value(text); });
    EXPECT_EQ(Current(), "above") << "what a task changes is the task's";
  }
  std::thread([&] {
    later.resume(1);
    EXPECT_EQ(Current(), "none");
  }).join();
  EXPECT_EQ(seen.get_future().get(), "below, above");
}

}  // namespace
}  // namespace tokenforge::async
