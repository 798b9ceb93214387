#include "services/users/database_watch.h"

#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"

namespace tokenforge::users {
namespace {

using std::chrono::steady_clock;
using telemetry::Level;

constexpr std::string_view kCondition = "database";

bool MeansUp(const absl::Status& answer) {
  return answer.ok() || errors::ReasonOf(answer) == errors::reasons::OVERLOADED;
}

}  // namespace

struct DatabaseWatch::Asking {
  sync::Mutex mutex;
  sync::CondVar changed;
  bool stopping ABSL_GUARDED_BY(mutex) = false;
  bool under_way ABSL_GUARDED_BY(mutex) = false;
  std::optional<absl::Status> answer ABSL_GUARDED_BY(mutex);
};

DatabaseWatch::DatabaseWatch(Question question, operators::Readiness& readiness,
                             const Intervals& intervals)
    : question_(std::move(question)),
      readiness_(readiness),
      intervals_(intervals),
      asking_(std::make_shared<Asking>()) {
  readiness_.Expect(kCondition);
  thread_ = std::thread([this] { Loop(); });
}

DatabaseWatch::~DatabaseWatch() { Stop(); }

void DatabaseWatch::Stop() {
  {
    sync::MutexLock lock(&asking_->mutex);
    asking_->stopping = true;
  }
  asking_->changed.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void DatabaseWatch::Loop() {
  for (;;) {
    Ask();
    absl::Status answer;
    {
      sync::MutexLock lock(&asking_->mutex);
      const auto until = steady_clock::now() + intervals_.patience;
      while (!asking_->stopping && !asking_->answer) {
        if (!asking_->changed.WaitUntil(&asking_->mutex, until)) break;
      }
      if (asking_->stopping) return;
      answer = asking_->answer.value_or(
          errors::Make(errors::reasons::DEPENDENCY_DOWN, "The account database is silent."));
    }
    Report(answer);
    sync::MutexLock lock(&asking_->mutex);
    const auto until = steady_clock::now() + (up_ ? intervals_.while_up : intervals_.while_down);
    while (!asking_->stopping && asking_->changed.WaitUntil(&asking_->mutex, until)) {
    }
    if (asking_->stopping) return;
  }
}

// At most one question at a time: a database that hangs must not collect them.
void DatabaseWatch::Ask() {
  {
    sync::MutexLock lock(&asking_->mutex);
    if (asking_->under_way) return;
    asking_->under_way = true;
    asking_->answer.reset();
  }
  async::Spawn(question_(steady_clock::now() + intervals_.patience),
               [asking = asking_](const std::exception_ptr& failure, absl::Status answer) {
                 if (failure) {
                   answer = errors::Make(errors::reasons::INTERNAL_FAULT, "The question failed.");
                 }
                 sync::MutexLock lock(&asking->mutex);
                 asking->under_way = false;
                 asking->answer = std::move(answer);
                 asking->changed.NotifyAll();
               });
}

void DatabaseWatch::Report(const absl::Status& answer) {
  const bool up = MeansUp(answer);
  const std::string detail(answer.message());
  if (!reported_ || up != up_) {
    if (up) {
      telemetry::Log(Level::kInfo, "the account database answers");
    } else {
      telemetry::Log(Level::kWarning, "the account database does not answer", {{"detail", detail}});
    }
  }
  reported_ = true;
  up_ = up;
  readiness_.Set(kCondition, up, up ? "" : detail);
}

}  // namespace tokenforge::users
