#include "lib/workers/pool.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::workers {
namespace {

using std::chrono::steady_clock;

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds kRetryAfter(250);
constexpr milliseconds kLongestRetryAfter(10'000);
constexpr int kMeanOver = 8;  // pieces of work: a newer one counts for an eighth of the mean

// Of the calling thread: on Linux niceness belongs to threads. To be nicer is always allowed.
void BeNicer(int by) {
  if (by == 0) return;
  const auto thread = static_cast<id_t>(gettid());
  setpriority(PRIO_PROCESS, thread, getpriority(PRIO_PROCESS, thread) + by);
}

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

void Pool::Submit(Deadline deadline, Work work, Refused refused, std::string group) {
  Job job{deadline, std::move(work), std::move(refused), std::move(group), async::CurrentLocal()};
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
    // Dead work must not keep live work out.
    if (!HasRoom(job)) TakeExpired(expired);
    if (!HasRoom(job) || IsLate(job)) return Overloaded(WaitOf(job.group));
    const Deadline deadline = job.deadline;
    queue_.Push(std::move(job));
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

// What an idle thread is about to take does not wait.
bool Pool::HasRoom(const Job& job) const {
  if (queue_.size() >= options_.queue + idle_) return false;
  return options_.share == 0 || queue_.SizeOf(job.group) < options_.share + idle_;
}

// By the mean: what is being done is half done, and all threads take from the queue.
nanoseconds Pool::WaitOf(const std::string& group) const {
  const std::size_t ahead = queue_.AheadOf(group);
  if (ahead < idle_) return nanoseconds(0);
  const auto turns = static_cast<nanoseconds::rep>(2 * (ahead - idle_) + 1);
  return mean_ * turns / (2 * options_.threads);
}

// Never while a thread is idle: however long work took lately, only work can show that it is over.
bool Pool::IsLate(const Job& job) const {
  if (!options_.refuse_late || queue_.AheadOf(job.group) < idle_) return false;
  return steady_clock::now() + WaitOf(job.group) + mean_ > job.deadline;
}

absl::Status Pool::Overloaded(nanoseconds wait) const {
  const auto after = std::chrono::ceil<milliseconds>(wait);
  return errors::MakeRetryable(
      errors::reasons::OVERLOADED,
      "Too much " + options_.name + " work is waiting; come back a little later.",
      std::clamp(after, kRetryAfter, kLongestRetryAfter));
}

void Pool::WorkerLoop(int worker) {
  BeNicer(options_.nice);
  while (std::optional<Job> job = NextJob()) {
    const nanoseconds took = Do(*job, worker);
    job.reset();  // what the work owns ends before it counts as done
    sync::MutexLock lock(&mutex_);
    --running_;
    if (mean_ == nanoseconds(0)) mean_ = took;
    if (took > nanoseconds(0)) mean_ += (took - mean_) / kMeanOver;
    if (draining_) done_.NotifyAll();
  }
}

std::optional<Job> Pool::NextJob() {
  sync::MutexLock lock(&mutex_);
  ++idle_;
  while (queue_.empty() && !stopping_) work_or_stop_.Wait(&mutex_);
  --idle_;
  if (queue_.empty()) return std::nullopt;
  Job job = queue_.Pop();
  CountDepth();
  ++running_;
  return job;
}

nanoseconds Pool::Do(Job& job, int worker) const {
  const Deadline begin = steady_clock::now();
  if (job.deadline <= begin) {
    job.refused(Expired());
    return nanoseconds(0);
  }
  const async::LocalScope scope(job.local);
  try {
    job.work(worker);
  } catch (...) {
    // What a library put into its exception may hold bound values: none of it goes on.
    job.refused(errors::Make(errors::reasons::INTERNAL_FAULT,
                             "The " + options_.name + " work failed unexpectedly."));
  }
  return steady_clock::now() - begin;
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
  next_expiry_ = queue_.TakeExpired(steady_clock::now(), expired);
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
    left = queue_.TakeAll();
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
