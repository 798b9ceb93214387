#include "services/sessions/revocation_poller.h"

#include <future>
#include <optional>
#include <utility>

namespace tokenforge::sessions {
namespace {

Time NowOf(const clock::Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.Now());
}

}  // namespace

RevocationPoller::RevocationPoller(SessionStore* store, RevocationFeed* feed,
                                   const clock::Clock* clock, Options options,
                                   std::function<void(const absl::Status&)> on_outcome)
    : store_(*store),
      feed_(*feed),
      clock_(*clock),
      options_(options),
      on_outcome_(std::move(on_outcome)) {}

RevocationPoller::~RevocationPoller() { Stop(); }

void RevocationPoller::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void RevocationPoller::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  stop_.NotifyAll();
  if (thread_.joinable()) thread_.join();
}

void RevocationPoller::Loop() {
  std::optional<bool> well;
  auto last_pulse = std::chrono::steady_clock::now();
  do {
    const absl::Status outcome = ReadAll();
    if (well != outcome.ok()) on_outcome_(outcome);
    well = outcome.ok();
    if (!outcome.ok()) {
      cursor_.clear();
      continue;
    }
    feed_.SetComplete();
    const auto now = std::chrono::steady_clock::now();
    if (now - last_pulse >= options_.pulse) {
      last_pulse = now;
      feed_.Pulse();
    }
  } while (Pause());
}

bool RevocationPoller::Pause() {
  const auto until = std::chrono::steady_clock::now() + options_.interval;
  const sync::MutexLock lock(&mutex_);
  while (!stopped_ && stop_.WaitUntil(&mutex_, until)) {
  }
  return !stopped_;
}

// This thread is the poller's own and may wait; the store's threads may not.
absl::Status RevocationPoller::ReadAll() {
  for (bool more = true; more;) {
    const Moment moment{NowOf(clock_), std::chrono::steady_clock::now() + options_.timeout};
    std::promise<absl::StatusOr<LogPage>> answer;
    async::Spawn(store_.ReadLog(cursor_, moment),
                 [&answer](std::exception_ptr fault, absl::StatusOr<LogPage> page) {
                   if (fault) page = absl::InternalError("reading the log threw");
                   answer.set_value(std::move(page));
                 });
    const absl::StatusOr<LogPage> page = answer.get_future().get();
    if (!page.ok()) return page.status();
    feed_.Apply(page->revocations, moment.now);
    cursor_ = page->cursor;
    more = page->more;
  }
  return absl::OkStatus();
}

}  // namespace tokenforge::sessions
