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
#include "lib/sync/mutex.h"

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

// A database that answers as it is told to.
class Database {
 public:
  void AnswerWith(absl::Status answer) {
    sync::MutexLock lock(&mutex_);
    answer_ = std::move(answer);
  }
  DatabaseWatch::Question question() {
    return [this](clock::SteadyTime) { return Answer(); };
  }

 private:
  async::Task<absl::Status> Answer() {
    sync::MutexLock lock(&mutex_);
    co_return answer_;
  }
  sync::Mutex mutex_;
  absl::Status answer_ ABSL_GUARDED_BY(mutex_);
};

// A database that takes questions and never answers; it lets go of them in the end.
class SilentDatabase {
 public:
  DatabaseWatch::Question question() {
    return [this](clock::SteadyTime) {
      ++questions;
      return async::Await<absl::Status>(
          [this](auto resume) { answer_ = [resume]() mutable { resume(absl::OkStatus()); }; });
    };
  }
  void Answer() { answer_(); }
  std::atomic<int> questions = 0;

 private:
  std::function<void()> answer_;
};

TEST(DatabaseWatch, IsNotReadyBeforeTheDatabaseAnswered) {
  operators::Readiness readiness;
  Database database;
  database.AnswerWith(errors::Make(errors::reasons::DEPENDENCY_DOWN, "away"));
  const DatabaseWatch watch(database.question(), readiness, kQuick);
  EXPECT_FALSE(readiness.Ready());
  database.AnswerWith(absl::OkStatus());
  AwaitReady(readiness, true);
}

TEST(DatabaseWatch, FollowsTheDatabaseAwayAndBack) {
  operators::Readiness readiness;
  Database database;
  const DatabaseWatch watch(database.question(), readiness, kQuick);
  AwaitReady(readiness, true);
  const auto told = [&] { return readiness.Look().json.find("away") != std::string::npos; };
  database.AnswerWith(errors::Make(errors::reasons::DEPENDENCY_DOWN, "away"));
  while (!told()) std::this_thread::yield();
  EXPECT_TRUE(readiness.Ready()) << "all replicas share the database";
  database.AnswerWith(absl::OkStatus());
  while (told()) std::this_thread::yield();
}

TEST(DatabaseWatch, TakesABusyDatabaseForOneThatAnswers) {
  operators::Readiness readiness;
  Database database;
  database.AnswerWith(errors::Make(errors::reasons::OVERLOADED, "later"));
  const DatabaseWatch watch(database.question(), readiness, kQuick);
  AwaitReady(readiness, true);
}

TEST(DatabaseWatch, TakesSilenceForNoAndAsksOnlyOneQuestionAtATime) {
  operators::Readiness readiness;
  SilentDatabase database;
  {
    const DatabaseWatch watch(database.question(), readiness, kQuick);
    AwaitReady(readiness, false);
    while (readiness.Look().json.find("silent") == std::string::npos) std::this_thread::yield();
    EXPECT_EQ(database.questions, 1);
  }
  database.Answer();  // after the watch has gone: nothing may be touched
}

}  // namespace
}  // namespace tokenforge::users
