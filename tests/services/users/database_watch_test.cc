#include "services/users/database_watch.h"

#include <atomic>
#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/account_store_memory.h"

namespace tokenforge::users {
namespace {

using std::chrono::milliseconds;

constexpr DatabaseWatch::Intervals kQuick{
    .while_up = milliseconds(1), .while_down = milliseconds(1), .patience = milliseconds(50)};

// Waits for the next change of readiness to `ready`.
void AwaitReady(operators::Readiness& readiness, bool ready) {
  auto seen = std::make_shared<std::promise<void>>();
  auto told = std::make_shared<bool>(false);
  readiness.OnChange([seen, told, ready](bool now) {
    if (now == ready && !std::exchange(*told, true)) seen->set_value();
  });
  seen->get_future().wait();
}

// A database that takes questions and never answers; it lets go of them in the end.
class SilentStore final : public AccountStore {
 public:
  async::Task<absl::StatusOr<Account>> Create(Deadline, NewAccount) override { std::abort(); }
  async::Task<absl::StatusOr<Account>> FindById(Deadline, std::string) override { std::abort(); }
  async::Task<absl::StatusOr<Account>> FindByEmail(Deadline, CanonicalEmail) override {
    std::abort();
  }
  async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline, CanonicalEmail) override {
    std::abort();
  }
  async::Task<absl::Status> Ping(Deadline) override {
    ++questions;
    return async::Await<absl::Status>(
        [this](auto resume) { answer_ = [resume]() mutable { resume(absl::OkStatus()); }; });
  }
  void Answer() { answer_(); }
  std::atomic<int> questions = 0;

 private:
  std::function<void()> answer_;
};

TEST(DatabaseWatch, IsNotReadyBeforeTheDatabaseAnswered) {
  operators::Readiness readiness;
  AccountStoreMemory store;
  store.FailWith(errors::Make(errors::reasons::DEPENDENCY_DOWN, "away"));
  const DatabaseWatch watch(store, readiness, kQuick);
  EXPECT_FALSE(readiness.Ready());
  store.FailWith(absl::OkStatus());
  AwaitReady(readiness, true);
}

TEST(DatabaseWatch, FollowsTheDatabaseAwayAndBack) {
  operators::Readiness readiness;
  AccountStoreMemory store;
  const DatabaseWatch watch(store, readiness, kQuick);
  AwaitReady(readiness, true);
  store.FailWith(errors::Make(errors::reasons::DEPENDENCY_DOWN, "away"));
  AwaitReady(readiness, false);
  EXPECT_NE(readiness.Look().json.find("away"), std::string::npos);
  store.FailWith(absl::OkStatus());
  AwaitReady(readiness, true);
}

TEST(DatabaseWatch, TakesABusyDatabaseForOneThatAnswers) {
  operators::Readiness readiness;
  AccountStoreMemory store;
  store.FailWith(errors::Make(errors::reasons::OVERLOADED, "later"));
  const DatabaseWatch watch(store, readiness, kQuick);
  AwaitReady(readiness, true);
}

TEST(DatabaseWatch, TakesSilenceForNoAndAsksOnlyOneQuestionAtATime) {
  operators::Readiness readiness;
  SilentStore store;
  {
    const DatabaseWatch watch(store, readiness, kQuick);
    AwaitReady(readiness, false);
    while (readiness.Look().json.find("silent") == std::string::npos) std::this_thread::yield();
    EXPECT_EQ(store.questions, 1);
  }
  store.Answer();  // after the watch has gone: nothing may be touched
}

}  // namespace
}  // namespace tokenforge::users
