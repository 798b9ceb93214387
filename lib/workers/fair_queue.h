// What waits for a pool's threads: a queue for each group of callers, taken from in turn.
//
// Why: one caller's burst must neither delay nor crowd out everybody else's work. Groups take
// turns, one piece of work each, and within a group it is first come, first served; a group may
// have no more than its share waiting. With one group only this is a plain queue.
//
// Not thread-safe: Pool guards it. It owns the jobs in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/status/status.h"
#include "lib/async/local.h"

namespace tokenforge::workers {

using Deadline = std::chrono::steady_clock::time_point;

// A piece of work: it is done by the worker of that number, or refused.
struct Job {
  Deadline deadline;
  std::function<void(int worker)> work;
  std::function<void(absl::Status)> refused;
  std::string group = {};
  async::Local local = {};  // of whoever wants it done
};
using Jobs = std::deque<Job>;

class FairQueue {
 public:
  // How much is waiting; of one group.
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t SizeOf(const std::string& group) const;
  // How much would be taken before a new piece of work of this group, if nothing else came.
  std::size_t AheadOf(const std::string& group) const;

  void Push(Job job);
  // The first job of the group whose turn it is. Not to be called when empty.
  Job Pop();
  // Takes out what is due by `now`, in no order, and returns the next deadline of what is left;
  // Deadline::max() when nothing is.
  Deadline TakeExpired(Deadline now, Jobs& expired);
  // Takes out everything.
  Jobs TakeAll();

 private:
  using Ring = std::list<Jobs>;  // none of them empty; the front has its turn

  Ring ring_;
  std::unordered_map<std::string, Ring::iterator> groups_;
  std::size_t size_ = 0;
};

}  // namespace tokenforge::workers
