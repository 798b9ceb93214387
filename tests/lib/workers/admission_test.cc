// Whose work a pool takes, in which turn, and what it refuses.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/workers/pool.h"
#include "tests/lib/workers/roadblock.h"

namespace tokenforge::workers {
namespace {

using errors::reasons::OVERLOADED;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A pool whose only thread stands at `block`.
void Block(Pool& pool, const Roadblock& block) {
  pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  block.AwaitReached();
}

TEST(Pool, LetsGroupsTakeTurns) {
  Pool pool({.name = "hash", .threads = 1, .queue = 100});
  Roadblock block;
  Block(pool, block);
  std::string order;  // one thread writes, and Stop ends it
  for (const char* group : {"a", "a", "a", "a", "b", "b", "c"}) {
    pool.Submit(InAMinute(), [&order, group](int) { order += group; }, MustNotBeRefused(), group);
  }
  block.Release();
  ASSERT_TRUE(pool.Stop(std::chrono::minutes(1)));
  EXPECT_EQ(order, "abcabaa");
}

TEST(Pool, BoundsWhatOneGroupMayHaveWaitingAndLeavesTheRestToOthers) {
  Pool pool({.name = "hash", .threads = 1, .queue = 4, .share = 2});
  Roadblock block;
  Block(pool, block);
  std::atomic<int> done = 0;
  const auto submit = [&](const char* group) {
    std::optional<absl::Status> refusal;
    pool.Submit(
        InAMinute(), [&done](int) { ++done; },
        [&refusal](absl::Status status) { refusal = std::move(status); }, group);
    return refusal ? errors::ReasonOf(*refusal) : std::nullopt;
  };
  EXPECT_EQ(submit("loud"), std::nullopt);
  EXPECT_EQ(submit("loud"), std::nullopt);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(submit("loud"), OVERLOADED);
  EXPECT_EQ(submit("quiet"), std::nullopt);
  EXPECT_EQ(submit("other"), std::nullopt);
  EXPECT_EQ(submit("third"), OVERLOADED) << "the whole queue is full";
  block.Release();
  ASSERT_TRUE(pool.Stop(std::chrono::minutes(1)));
  EXPECT_EQ(done, 4);
}

// Work that takes at least two milliseconds of its thread, so that the pool knows how long work
// takes.
void TakeTwoMilliseconds(Pool& pool) {
  auto work = [](int) -> absl::Status {
    const auto end = steady_clock::now() + milliseconds(2);
    while (steady_clock::now() < end) {
    }
    return absl::OkStatus();
  };
  ASSERT_TRUE(Wait(pool.Run(InAMinute(), work)).ok());
}

TEST(Pool, RefusesAtOnceWhatItWouldHardlyDoInTime) {
  Pool pool({.name = "hash", .threads = 1, .queue = 100, .refuse_late = true});
  TakeTwoMilliseconds(pool);
  Roadblock block;
  Block(pool, block);
  absl::Status refusal;
  pool.Submit(steady_clock::now() + milliseconds(1), MustNotRun(),
              [&](absl::Status status) { refusal = std::move(status); });
  EXPECT_EQ(errors::ReasonOf(refusal), OVERLOADED);  // before Submit returned
  EXPECT_TRUE(errors::RetryAfterOf(refusal).has_value());
  const Event<bool> done;
  pool.Submit(InAMinute(), [done](int) { done.Report(true); }, MustNotBeRefused());
  block.Release();
  done.Await();
}

TEST(Pool, SaysWhenToComeBackByHowMuchWaits) {
  Pool pool({.name = "hash", .threads = 1, .queue = 1000});
  TakeTwoMilliseconds(pool);
  Roadblock block;
  Block(pool, block);
  for (int i = 0; i < 1000; ++i) pool.Submit(InAMinute(), [](int) {}, MustNotBeRefused());
  absl::Status refusal;
  pool.Submit(InAMinute(), MustNotRun(), [&](absl::Status status) { refusal = std::move(status); });
  EXPECT_GE(errors::RetryAfterOf(refusal), milliseconds(2000));
  EXPECT_LE(errors::RetryAfterOf(refusal), milliseconds(10'000));
  block.Release();
  EXPECT_TRUE(pool.Stop(std::chrono::minutes(1)));
}

TEST(Pool, GivesAnIdleThreadWhateverComesHoweverLongWorkTookLately) {
  Pool pool({.name = "hash", .threads = 1, .queue = 100, .refuse_late = true});
  TakeTwoMilliseconds(pool);
  for (int i = 0; i < 20; ++i) {
    auto quick = [](int) -> absl::Status { return absl::OkStatus(); };
    // The thread may not have come to rest yet: then it may be refused, but not for ever.
    absl::Status status;
    do {
      status = Wait(pool.Run(steady_clock::now() + milliseconds(1), quick));
    } while (!status.ok());
  }
}

TEST(Pool, MakesItsThreadsNicerAndNobodyElse) {
  const auto nice = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
  const int before = nice();
  Pool pool({.name = "hash", .nice = 10});
  const Event<int> there;
  pool.Submit(InAMinute(), [&](int) { there.Report(nice()); }, MustNotBeRefused());
  EXPECT_EQ(there.Await(), std::min(before + 10, 19));
  EXPECT_EQ(nice(), before);
}

}  // namespace
}  // namespace tokenforge::workers
