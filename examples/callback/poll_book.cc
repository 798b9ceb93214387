#include "poll_book.h"

#include <utility>

namespace polls {
namespace {

constexpr std::size_t kPolls = 1000;

grpc::Status NotFound() { return {grpc::StatusCode::NOT_FOUND, "there is no such poll"}; }

}  // namespace

grpc::Status PollBook::Open(const std::string& owner, int answers, int64_t* id) {
  const std::lock_guard lock(mutex_);
  // What people can make without limit, somebody will.
  if (polls_.size() >= kPolls) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED, "there are 1,000 polls already"};
  }
  *id = static_cast<int64_t>(polls_.size()) + 1;
  Poll& poll = polls_[*id];
  poll.owner = owner;
  poll.answers = answers;
  return grpc::Status::OK;
}

grpc::Status PollBook::Vote(int64_t id, const std::string& voter, int answer) {
  const std::lock_guard lock(mutex_);
  const auto found = polls_.find(id);
  if (found == polls_.end()) return NotFound();
  Poll& poll = found->second;
  if (answer < 0 || answer >= poll.answers) {
    return {grpc::StatusCode::INVALID_ARGUMENT, "answer: the poll has no such answer"};
  }
  if (poll.closed) return {grpc::StatusCode::FAILED_PRECONDITION, "the poll is closed"};
  poll.votes[voter] = answer;
  return grpc::Status::OK;
}

grpc::Status PollBook::Close(int64_t id, const std::string& who, bool any) {
  std::set<Waiter*> waiting;
  Result result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = polls_.find(id);
    if (found == polls_.end()) return NotFound();
    Poll& poll = found->second;
    if (poll.owner != who && !any) {
      return {grpc::StatusCode::PERMISSION_DENIED, "only who opened the poll may close it"};
    }
    poll.closed = true;
    waiting = std::exchange(poll.waiting, {});
    result = Count(poll);
  }
  for (Waiter* waiter : waiting) waiter->Tell(grpc::Status::OK, result);
  return grpc::Status::OK;
}

void PollBook::Await(int64_t id, Waiter* waiter) {
  grpc::Status status;
  Result result;
  {
    const std::lock_guard lock(mutex_);
    const auto found = polls_.find(id);
    if (found == polls_.end()) {
      status = NotFound();
    } else if (found->second.closed) {
      result = Count(found->second);
    } else if (!ended_.ok()) {
      status = ended_;
    } else {
      found->second.waiting.insert(waiter);
      return;
    }
  }
  waiter->Tell(status, result);
}

bool PollBook::Forget(int64_t id, Waiter* waiter) {
  const std::lock_guard lock(mutex_);
  const auto found = polls_.find(id);
  return found != polls_.end() && found->second.waiting.erase(waiter) == 1;
}

void PollBook::EndWaiting(const grpc::Status& status) {
  std::set<Waiter*> waiting;
  {
    const std::lock_guard lock(mutex_);
    ended_ = status;
    for (auto& [id, poll] : polls_) waiting.merge(poll.waiting);
    for (auto& [id, poll] : polls_) poll.waiting.clear();
  }
  for (Waiter* waiter : waiting) waiter->Tell(status, {});
}

Result PollBook::Count(const Poll& poll) {
  Result result(static_cast<std::size_t>(poll.answers));
  for (const auto& [voter, answer] : poll.votes) ++result[static_cast<std::size_t>(answer)];
  return result;
}

}  // namespace polls
