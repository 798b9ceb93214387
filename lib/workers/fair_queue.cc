#include "lib/workers/fair_queue.h"

#include <algorithm>
#include <utility>

namespace tokenforge::workers {

std::size_t FairQueue::SizeOf(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? 0 : found->second->size();
}

std::size_t FairQueue::AheadOf(const std::string& group) const {
  const auto found = groups_.find(group);
  const Jobs* own = found == groups_.end() ? nullptr : &*found->second;
  // The new one goes with its group's turn after those of all its elders. Until then every group
  // has had as many turns, and those whose turn comes before its own one more.
  std::size_t turns = own == nullptr ? 1 : own->size() + 1;
  std::size_t ahead = 0;
  for (const Jobs& jobs : ring_) {
    if (&jobs == own) --turns;
    ahead += std::min(jobs.size(), turns);
  }
  return ahead;
}

void FairQueue::Push(Job job) {
  const auto [found, added] = groups_.try_emplace(job.group);
  if (added) found->second = ring_.emplace(ring_.end());
  found->second->push_back(std::move(job));
  ++size_;
}

Job FairQueue::Pop() {
  Jobs& jobs = ring_.front();
  Job job = std::move(jobs.front());
  jobs.pop_front();
  --size_;
  if (jobs.empty()) {
    groups_.erase(job.group);
    ring_.pop_front();
  } else {
    ring_.splice(ring_.end(), ring_, ring_.begin());
  }
  return job;
}

Deadline FairQueue::TakeExpired(Deadline now, Jobs& expired) {
  Deadline next = Deadline::max();
  for (auto jobs = ring_.begin(); jobs != ring_.end();) {
    const std::string group = jobs->front().group;
    Jobs alive;
    for (Job& job : *jobs) {
      const bool over = job.deadline <= now;
      if (!over) next = std::min(next, job.deadline);
      size_ -= over ? 1 : 0;
      (over ? expired : alive).push_back(std::move(job));
    }
    *jobs = std::move(alive);
    if (jobs->empty()) groups_.erase(group);
    jobs = jobs->empty() ? ring_.erase(jobs) : std::next(jobs);
  }
  return next;
}

Jobs FairQueue::TakeAll() {
  Jobs all;
  while (!empty()) all.push_back(Pop());
  return all;
}

}  // namespace tokenforge::workers
