#include "lib/workers/pool.h"

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "tests/lib/workers/roadblock.h"

namespace tokenforge::workers {
namespace {

using errors::Reason;
using errors::reasons::DEADLINE_PASSED;
using errors::reasons::DRAINING;
using errors::reasons::INTERNAL_FAULT;
using errors::reasons::OVERLOADED;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(Pool, DoesWorkOnAThreadOfItsOwn) {
  Pool pool({.name = "sql"});
  const Event<std::thread::id> ran_on;
  pool.Submit(
      InAMinute(), [ran_on](int) { ran_on.Report(std::this_thread::get_id()); },
      MustNotBeRefused());
  EXPECT_NE(ran_on.Await(), std::this_thread::get_id());
}

TEST(Pool, RefusesAtOnceWhenTheQueueIsFull) {
  Pool pool({.name = "sql", .threads = 1, .queue = 2});
  Roadblock block;
  pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  block.AwaitReached();

  std::atomic<int> done = 0;
  for (int i = 0; i < 2; ++i) {
    pool.Submit(InAMinute(), [&](int) { ++done; }, MustNotBeRefused());
  }
  EXPECT_EQ(pool.depth(), 2u);
  EXPECT_EQ(pool.running(), 1u);

  absl::Status refusal;
  pool.Submit(InAMinute(), MustNotRun(), [&](absl::Status status) { refusal = std::move(status); });
  EXPECT_EQ(errors::ReasonOf(refusal), OVERLOADED);  // before Submit returned
  EXPECT_TRUE(errors::RetryAfterOf(refusal).has_value());

  block.Release();
  EXPECT_TRUE(pool.Stop(std::chrono::minutes(1)));
  EXPECT_EQ(done, 2);
  EXPECT_EQ(pool.depth(), 0u);
}

TEST(Pool, WithoutAQueueStillGivesWorkToIdleThreads) {
  Pool pool({.name = "sql", .threads = 1, .queue = 0});
  // The thread may not have come to rest yet: until then the pool may only refuse.
  for (;;) {
    const Event<bool> outcome;
    pool.Submit(
        InAMinute(), [outcome](int) { outcome.Report(true); },
        [outcome](const absl::Status& status) {
          EXPECT_EQ(errors::ReasonOf(status), OVERLOADED);
          outcome.Report(false);
        });
    if (outcome.Await()) break;
    std::this_thread::yield();
  }
}

TEST(Pool, DropsWorkWhoseDeadlinePassedBeforeAThreadCameToIt) {
  Pool pool({.name = "sql"});
  Refusal refusal;
  pool.Submit(steady_clock::now() - milliseconds(1), MustNotRun(), refusal.Callback());
  EXPECT_EQ(errors::ReasonOf(refusal.Await()), DEADLINE_PASSED);
}

TEST(Pool, AnswersExpiredWorkWhileEveryThreadIsStuck) {
  Pool pool({.name = "sql", .threads = 2, .queue = 8});
  Roadblock blocks[2];
  for (Roadblock& block : blocks) {
    pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
    block.AwaitReached();
  }
  // The second one ends sooner than the first: the later deadline must not hide the earlier one.
  const Event<bool> last_done;
  Refusal sooner;
  pool.Submit(InAMinute(), [last_done](int) { last_done.Report(true); }, MustNotBeRefused());
  pool.Submit(steady_clock::now() + milliseconds(5), MustNotRun(), sooner.Callback());
  EXPECT_EQ(errors::ReasonOf(sooner.Await()), DEADLINE_PASSED);
  Refusal again;  // the watch goes on after the first expiry
  pool.Submit(steady_clock::now() + milliseconds(5), MustNotRun(), again.Callback());
  EXPECT_EQ(errors::ReasonOf(again.Await()), DEADLINE_PASSED);
  EXPECT_EQ(pool.depth(), 1u);
  for (Roadblock& block : blocks) block.Release();
  last_done.Await();
}

TEST(Pool, MakesRoomByDroppingExpiredWorkBeforeItRefusesLiveWork) {
  Pool pool({.name = "sql", .threads = 1, .queue = 1});
  Roadblock block;
  pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  block.AwaitReached();
  Refusal expired;
  pool.Submit(steady_clock::now() - milliseconds(1), MustNotRun(), expired.Callback());
  const Event<bool> done;
  pool.Submit(InAMinute(), [done](int) { done.Report(true); }, MustNotBeRefused());
  EXPECT_EQ(errors::ReasonOf(expired.Await()), DEADLINE_PASSED);
  block.Release();
  done.Await();
}

TEST(Pool, TurnsAnExceptionIntoAnErrorThatDoesNotRepeatItsText) {
  Pool pool({.name = "sql"});
  Refusal refusal;
  pool.Submit(
      InAMinute(), [](int) { throw std::runtime_error("with :password=hunter2"); },
      refusal.Callback());
  const absl::Status status = refusal.Await();
  EXPECT_EQ(errors::ReasonOf(status), INTERNAL_FAULT);
  EXPECT_EQ(std::string(status.message()).find("hunter2"), std::string::npos);

  Refusal second;  // the thread lives on, and what is not a std::exception is caught as well
  pool.Submit(InAMinute(), [](int) { throw 7; }, second.Callback());
  EXPECT_EQ(errors::ReasonOf(second.Await()), INTERNAL_FAULT);
}

TEST(Pool, RunReturnsWhatTheWorkReturned) {
  Pool pool({.name = "sql"});
  auto value = [](int) -> absl::StatusOr<std::string> { return "forty-two"; };
  EXPECT_EQ(*Wait(pool.Run(InAMinute(), value)), "forty-two");
  auto error = [](int) -> absl::Status {
    return errors::Make(errors::reasons::EMAIL_TAKEN, "taken");
  };
  EXPECT_EQ(errors::ReasonOf(Wait(pool.Run(InAMinute(), error))), errors::reasons::EMAIL_TAKEN);
  auto throws = [](int) -> absl::StatusOr<int> { throw std::runtime_error("no"); };
  EXPECT_EQ(errors::ReasonOf(Wait(pool.Run(InAMinute(), throws)).status()), INTERNAL_FAULT);
  EXPECT_EQ(errors::ReasonOf(Wait(pool.Run(steady_clock::now(), value)).status()), DEADLINE_PASSED);
}

TEST(Pool, RunTakesWorkThatCanOnlyBeMoved) {
  Pool pool({.name = "sql"});
  auto owned = std::make_unique<int>(42);
  auto work = [owned = std::move(owned)](int) -> absl::StatusOr<int> { return *owned; };
  EXPECT_EQ(*Wait(pool.Run(InAMinute(), std::move(work))), 42);
}

TEST(Pool, GivesEachThreadStateThatNobodyElseTouches) {
  constexpr int kThreads = 4;
  Pool pool({.name = "sql", .threads = kThreads, .queue = 10'000});
  std::vector<int> counts(kThreads, 0);  // plain ints: ThreadSanitizer would see two threads on one
  std::vector<std::thread> submitters;
  for (int i = 0; i < 4; ++i) {
    submitters.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        pool.Submit(InAMinute(), [&](int worker) { ++counts.at(worker); }, MustNotBeRefused());
      }
    });
  }
  for (std::thread& submitter : submitters) submitter.join();
  ASSERT_TRUE(pool.Stop(std::chrono::minutes(1)));
  int total = 0;
  for (const int count : counts) total += count;
  EXPECT_EQ(total, 4000);
}

TEST(Pool, UsesAllItsThreadsAtOnce) {
  Pool pool({.name = "sql", .threads = 3});
  Roadblock blocks[3];
  for (Roadblock& block : blocks) pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  for (Roadblock& block : blocks) block.AwaitReached();  // hangs unless all three run together
  for (Roadblock& block : blocks) block.Release();
}

TEST(Pool, StopRefusesNewWorkAndFinishesWhatWaits) {
  Pool pool({.name = "sql"});
  Roadblock block;
  pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  block.AwaitReached();
  const Event<bool> done;
  pool.Submit(InAMinute(), [done](int) { done.Report(true); }, MustNotBeRefused());

  const Event<bool> stopped;
  std::thread stopper([&] { stopped.Report(pool.Stop(std::chrono::minutes(1))); });
  // Stop has begun as soon as new work is refused for it.
  for (bool draining = false; !draining;) {
    const Event<absl::Status> answer;
    pool.Submit(steady_clock::now() - milliseconds(1), MustNotRun(),
                [answer](absl::Status status) { answer.Report(std::move(status)); });
    draining = errors::ReasonOf(answer.Await()) == DRAINING;
    std::this_thread::yield();
  }
  block.Release();
  done.Await();
  EXPECT_TRUE(stopped.Await());
  stopper.join();
}

TEST(Pool, StopThatRunsOutOfTimeRefusesWhatStillWaits) {
  Pool pool({.name = "sql"});
  Roadblock block;
  pool.Submit(InAMinute(), block.Work(), MustNotBeRefused());
  block.AwaitReached();
  Refusal refusal;
  pool.Submit(InAMinute(), MustNotRun(), refusal.Callback());
  EXPECT_FALSE(pool.Stop(milliseconds(1)));
  EXPECT_EQ(errors::ReasonOf(refusal.Await()), DRAINING);
  block.Release();
}

TEST(Pool, WorkMaySubmitMoreWorkAndAwaitAnotherPool) {
  Pool sql({.name = "sql"});
  Pool hash({.name = "hash"});
  auto first = [](int) -> absl::StatusOr<int> { return 1; };
  auto both = [&]() -> async::Task<absl::StatusOr<int>> {
    absl::StatusOr<int> one = co_await sql.Run(InAMinute(), first);
    absl::StatusOr<int> two = co_await hash.Run(InAMinute(), first);
    absl::StatusOr<int> three = co_await sql.Run(InAMinute(), first);
    co_return *one + *two + *three;
  };
  EXPECT_EQ(*Wait(both()), 3);
}

TEST(Pool, WorkHasTheLocalOfWhoeverSubmittedIt) {
  Pool pool({.name = "sql"});
  const auto of_task = std::make_shared<const int>(1);
  const auto seen = [&](const async::Local& local) {
    const async::LocalScope scope(local);
    const Event<const void*> ran;
    pool.Submit(
        InAMinute(), [ran](int) { ran.Report(async::CurrentLocal().get()); }, MustNotBeRefused());
    return ran.Await();
  };
  EXPECT_EQ(seen(of_task), of_task.get());
  EXPECT_EQ(seen(nullptr), nullptr) << "not what the thread had before";
}

}  // namespace
}  // namespace tokenforge::workers
