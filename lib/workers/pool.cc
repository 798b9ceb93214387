#include "lib/workers/pool.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::workers {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRetryAfter(250);

}  // namespace

Pool::Pool(Options options) : options_(std::move(options)) {
  threads_.reserve(static_cast<std::size_t>(options_.threads) + 1);
  for (int worker = 0; worker < options_.threads; ++worker) {
    threads_.emplace_back([this, worker] { WorkerLoop(worker); });
  }
  threads_.emplace_back([this] { ExpiryLoop(); });
}

Pool::~Pool() {
  Stop(std::chrono::milliseconds(0));
  for (std::thread& thread : threads_) thread.join();
}

void Pool::Submit(Deadline deadline, Work work, Refused refused) {
  Job job{deadline, std::move(work), std::move(refused)};
  Jobs expired;
  const std::optional<absl::Status> refusal = Enqueue(job, expired);
  for (const Job& dead : expired) dead.refused(Expired());
  if (refusal) job.refused(*refusal);
}

std::optional<absl::Status> Pool::Enqueue(Job& job, Jobs& expired) {
  bool wake = false;
  {
    sync::MutexLock lock(&mutex_);
    if (draining_) {
      return errors::MakeRetryable(errors::reasons::DRAINING,
                                   "This instance is shutting down; another one answers.",
                                   kRetryAfter);
    }
    // What an idle thread is about to take does not wait. Dead work must not keep live work out.
    const std::size_t room = options_.queue + idle_;
    if (queue_.size() >= room) TakeExpired(expired);
    if (queue_.size() >= room) {
      return errors::MakeRetryable(
          errors::reasons::OVERLOADED,
          "Too much " + options_.name + " work is waiting; come back a little later.", kRetryAfter);
    }
    const Deadline deadline = job.deadline;
    queue_.push_back(std::move(job));
    CountDepth();
    // Waking a thread is dear: a busy worker looks at the queue by itself, and the expiry thread
    // needs to know only of work that really waits and that ends before all it knows of.
    wake = idle_ > 0;
    if (queue_.size() > idle_ && deadline < next_expiry_) {
      next_expiry_ = deadline;
      expiry_or_stop_.NotifyOne();
    }
  }
  if (wake) work_or_stop_.NotifyOne();
  return std::nullopt;
}

void Pool::WorkerLoop(int worker) {
  while (std::optional<Job> job = NextJob()) {
    Do(*job, worker);
    job.reset();  // what the work owns ends before it counts as done
    sync::MutexLock lock(&mutex_);
    --running_;
    if (draining_) done_.NotifyAll();
  }
}

std::optional<Pool::Job> Pool::NextJob() {
  sync::MutexLock lock(&mutex_);
  ++idle_;
  while (queue_.empty() && !stopping_) work_or_stop_.Wait(&mutex_);
  --idle_;
  if (queue_.empty()) return std::nullopt;
  Job job = std::move(queue_.front());
  queue_.pop_front();
  CountDepth();
  ++running_;
  return job;
}

void Pool::Do(Job& job, int worker) const {
  if (job.deadline <= steady_clock::now()) {
    job.refused(Expired());
    return;
  }
  try {
    job.work(worker);
  } catch (...) {
    // What a library put into its exception may hold bound values: none of it goes on.
    job.refused(errors::Make(errors::reasons::INTERNAL_FAULT,
                             "The " + options_.name + " work failed unexpectedly."));
  }
}

void Pool::ExpiryLoop() {
  for (;;) {
    Jobs expired;
    {
      sync::MutexLock lock(&mutex_);
      while (!stopping_ && steady_clock::now() < next_expiry_) {
        if (next_expiry_ == Deadline::max()) {
          expiry_or_stop_.Wait(&mutex_);
        } else {
          expiry_or_stop_.WaitUntil(&mutex_, next_expiry_);
        }
      }
      if (stopping_) return;
      TakeExpired(expired);
    }
    for (const Job& job : expired) job.refused(Expired());
  }
}

void Pool::TakeExpired(Jobs& expired) {
  const Deadline now = steady_clock::now();
  Jobs alive;
  next_expiry_ = Deadline::max();
  for (Job& job : queue_) {
    const bool over = job.deadline <= now;
    if (!over) next_expiry_ = std::min(next_expiry_, job.deadline);
    (over ? expired : alive).push_back(std::move(job));
  }
  queue_ = std::move(alive);
  CountDepth();
}

absl::Status Pool::Expired() const {
  return errors::Make(errors::reasons::DEADLINE_PASSED,
                      "The call's time ran out while its " + options_.name + " work was waiting.");
}

void Pool::CountDepth() { depth_.store(queue_.size(), std::memory_order_relaxed); }

bool Pool::Stop(std::chrono::milliseconds grace) {
  const Deadline until = steady_clock::now() + grace;
  Jobs left;
  bool finished = false;
  {
    sync::MutexLock lock(&mutex_);
    draining_ = true;
    while (!queue_.empty() || running_ > 0) {
      if (!done_.WaitUntil(&mutex_, until)) break;
    }
    finished = queue_.empty() && running_ == 0;
    left.swap(queue_);
    CountDepth();
    stopping_ = true;
  }
  work_or_stop_.NotifyAll();
  expiry_or_stop_.NotifyAll();
  for (const Job& job : left) {
    job.refused(errors::MakeRetryable(errors::reasons::DRAINING,
                                      "This instance shut down before the work was begun.",
                                      kRetryAfter));
  }
  return finished;
}

}  // namespace tokenforge::workers
