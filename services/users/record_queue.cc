#include "services/users/record_queue.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "services/users/account_store_sql.h"
#include "services/users/audit_rows.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

using Events = RecordQueue::Events;
using Written = absl::StatusOr<Events>;

// So that one transaction stays well below the time that a statement may wait for a lock.
constexpr std::size_t kMostTogether = 256;

struct Waiting {
  Deadline deadline;
  Beside beside;
  std::function<void(Written)> answer;
};
using Group = std::vector<Waiting>;

absl::Status Overloaded() {
  return errors::MakeRetryable(errors::reasons::OVERLOADED, "too much is to be recorded: try again",
                               std::chrono::seconds(1));
}

absl::Status TooLate() {
  return errors::Make(errors::reasons::DEADLINE_PASSED, "the call's time ran out: try again");
}

// All events of a group, in the order in which they came.
Written WriteOn(SqlSession& session, const Group& group) {
  Events events;
  for (const Waiting& each : group) {
    WriteAllButEvents(session, each.beside);
    events.insert(events.end(), each.beside.events.begin(), each.beside.events.end());
  }
  session.Part<AuditRows>().Append(events);
  return events;
}

void Answer(Group& group, Written written) {
  auto next = written.ok() ? written->begin() : Events::iterator();
  for (Waiting& each : group) {
    if (!written.ok()) {
      each.answer(written.status());
      continue;
    }
    const auto end = next + static_cast<std::ptrdiff_t>(each.beside.events.size());
    each.answer(Events(std::make_move_iterator(next), std::make_move_iterator(end)));
    next = end;
  }
}

}  // namespace

struct RecordQueue::Shared {
  explicit Shared(SqlDatabase& sql) : database(sql) {}

  // False when there are too many already. `begin`: nobody is writing, so the caller must.
  bool Add(Waiting one, bool& begin) {
    const sync::MutexLock lock(&mutex);
    if (waiting.size() >= kMostWaiting) return false;
    waiting.push_back(std::move(one));
    begin = !std::exchange(writing, true);
    return true;
  }

  // What is written together next. Empty: nothing waits, and nobody is writing any more.
  Group Take() {
    const sync::MutexLock lock(&mutex);
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting.size(), kMostTogether));
    Group group(std::make_move_iterator(waiting.begin()),
                std::make_move_iterator(waiting.begin() + count));
    waiting.erase(waiting.begin(), waiting.begin() + count);
    if (group.empty()) writing = false;
    return group;
  }

  SqlDatabase& database;
  sync::Mutex mutex;
  std::deque<Waiting> waiting ABSL_GUARDED_BY(mutex);
  bool writing ABSL_GUARDED_BY(mutex) = false;
};

namespace {

// Answers those whose time is over, and takes them out.
void DropLate(Group& group) {
  const auto late = std::stable_partition(
      group.begin(), group.end(), [now = std::chrono::steady_clock::now()](const Waiting& each) {
        return each.deadline > now;
      });
  for (auto each = late; each != group.end(); ++each) each->answer(TooLate());
  group.erase(late, group.end());
}

Deadline LatestOf(const Group& group) {
  return std::max_element(group.begin(), group.end(),
                          [](const auto& a, const auto& b) { return a.deadline < b.deadline; })
      ->deadline;
}

template <class Shared>
async::Task<void> WriteAll(std::shared_ptr<Shared> shared) {
  for (;;) {
    Group group = shared->Take();
    if (group.empty()) co_return;
    DropLate(group);
    if (group.empty()) continue;
    auto write = [&group](SqlSession& session) -> Written {
      return session.InTransaction([&] { return WriteOn(session, group); });
    };
    auto writing = shared->database.Run(LatestOf(group), "Record", write);
    Written written = co_await std::move(writing);
    Answer(group, std::move(written));
  }
}

}  // namespace

RecordQueue::RecordQueue(SqlDatabase& database) : shared_(std::make_shared<Shared>(database)) {}

RecordQueue::~RecordQueue() = default;

async::Task<absl::StatusOr<Events>> RecordQueue::Write(Deadline deadline, Beside beside) {
  const absl::Status storable = CheckBeside(beside);
  auto one = std::make_shared<Beside>(std::move(beside));
  return async::Await<Written>([shared = shared_, deadline, storable, one](auto resume) {
    if (!storable.ok()) return resume(storable);
    bool begin = false;
    if (!shared->Add({deadline, std::move(*one), resume}, begin)) return resume(Overloaded());
    if (begin) async::Spawn(WriteAll(shared), [](const std::exception_ptr&) {});
  });
}

}  // namespace tokenforge::users
