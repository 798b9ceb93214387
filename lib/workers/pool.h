// A bounded pool of threads for work that blocks: SQL, password hashing.
//
// Why: gRPC's callback threads and the Redis loop must never block, and work without a bound turns
// a slow dependency into a dead process. Here everything has a bound: the threads, the queue, and
// the time that work may wait. A full queue refuses at once (OVERLOADED); work whose deadline
// passed while it waited is dropped, not done (DEADLINE_PASSED), also while every thread is stuck;
// a pool that is stopping refuses (DRAINING).
//
// Work may name the group of callers that it comes from (a client's address): groups take turns and
// may have a share (fair_queue.h). A pool may also refuse at once what would hardly be done by its
// deadline, going by how long work took lately and by what waits before it.
//
// Exactly one thing happens to accepted work: it is done, or `refused` is called. Work that throws
// counts as refused with INTERNAL_FAULT: exceptions of blocking libraries stop here.
//
// State of a thread's own (an SQL session, a scratch buffer) is an array indexed by `worker`, 0 to
// threads()-1: two pieces of work never run under the same number at the same time, and each sees
// what the one before it did there.
//
// Work runs with the Local of whoever submitted it (lib/async/local.h).
//
// Thread-safe. The destructor drops what waits and joins; work must not destroy its own pool.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/async/task.h"
#include "lib/sync/mutex.h"
#include "lib/workers/fair_queue.h"

namespace tokenforge::workers {

class Pool {
 public:
  struct Options {
    std::string name = {};     // in messages, and the label of tokenforge_pool_queue
    int threads = 1;           // at least 1
    std::size_t queue = 64;    // how much work may wait, beside what is being done
    std::size_t share = 0;     // how much of it may be one group's; 0: all
    int nice = 0;              // of the threads, above the process's own (setpriority)
    bool refuse_late = false;  // refuse at once what would hardly be done by its deadline
  };
  using Work = std::function<void(int worker)>;
  using Refused = std::function<void(absl::Status)>;

  explicit Pool(Options options);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Queues `work`, or calls `refused` before it returns. Neither is ever called under a lock.
  void Submit(Deadline deadline, Work work, Refused refused, std::string group = {});

  // The same as a coroutine: `work(int worker)` returns an absl::Status or an absl::StatusOr, and
  // so does the task. It goes on where the work was done: on a thread of this pool. Give `work` a
  // name before co_await (see lib/async/task.h); it is moved from.
  template <class Function, class Result = std::invoke_result_t<Function&, int>>
  async::Task<Result> Run(Deadline deadline, Function&& work, std::string group = {});

  // Refuses new work, lets what waits and what runs finish for up to `grace`, then refuses what
  // still waits. True when everything was done in time. Work that runs cannot be interrupted: then
  // the destructor waits for it. Later calls are harmless.
  bool Stop(std::chrono::milliseconds grace);

  // How much work waits now, and how much is being done. Cheap; for metrics.
  std::size_t depth() const { return depth_.load(std::memory_order_relaxed); }
  std::size_t running() const { return running_.load(std::memory_order_relaxed); }
  int threads() const { return options_.threads; }
  const std::string& name() const { return options_.name; }

 private:
  using Span = std::chrono::nanoseconds;

  void WorkerLoop(int worker);
  void ExpiryLoop();
  std::optional<Job> NextJob();
  Span Do(Job& job, int worker) const;
  absl::Status Expired() const;
  std::optional<absl::Status> Enqueue(Job& job, Jobs& expired);
  bool HasRoom(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsLate(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Span WaitOf(const std::string& group) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Overloaded(Span wait) const;
  void TakeExpired(Jobs& expired) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountDepth() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  sync::Mutex mutex_;
  sync::CondVar work_or_stop_;
  sync::CondVar expiry_or_stop_;
  sync::CondVar done_;
  FairQueue queue_ ABSL_GUARDED_BY(mutex_);
  std::size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;                    // threads that wait for work
  Deadline next_expiry_ ABSL_GUARDED_BY(mutex_) = Deadline::max();  // when ExpiryLoop wakes
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;                   // no new work
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;                   // threads end
  Span mean_ ABSL_GUARDED_BY(mutex_){0};  // how long work takes; 0: not known
  std::atomic<std::size_t> depth_ = 0;
  std::atomic<std::size_t> running_ = 0;
  std::vector<std::thread> threads_;
};

template <class Function, class Result>
async::Task<Result> Pool::Run(Deadline deadline, Function&& work, std::string group) {
  // std::function copies; the work itself may own what can only be moved.
  auto shared = std::make_shared<std::decay_t<Function>>(std::forward<Function>(work));
  return async::Await<Result>([this, deadline, shared, group = std::move(group)](auto resume) {
    Submit(
        deadline, [shared, resume](int worker) mutable { resume((*shared)(worker)); },
        [resume](absl::Status status) mutable { resume(Result(std::move(status))); }, group);
  });
}

}  // namespace tokenforge::workers
