// The polls themselves: no gRPC server, no guard, no token. What it is told of callers is who
// votes.
//
// Thread-safe. Whoever waits for a result is told outside the lock, once, or never when they gave
// up first.
#pragma once

#include <grpcpp/support/status.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace polls {

// Votes for each answer.
using Result = std::vector<int64_t>;

// Somebody who waits for a result. `Tell` is called at most once, and never after Forget said true.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void Tell(const grpc::Status& status, const Result& result) = 0;
};

class PollBook {
 public:
  // Sets `id`.
  grpc::Status Open(const std::string& owner, int answers, int64_t* id);
  grpc::Status Vote(int64_t id, const std::string& voter, int answer);
  // `any`: the caller may close polls of others, too.
  grpc::Status Close(int64_t id, const std::string& who, bool any);

  // Tells the waiter when the poll is closed, at once if it is.
  void Await(int64_t id, Waiter* waiter);
  // Whether the waiter was still waiting; then nobody will tell it anything.
  bool Forget(int64_t id, Waiter* waiter);
  // For the end of the server: tells all who wait, and whoever comes later, this.
  void EndWaiting(const grpc::Status& status);

 private:
  struct Poll {
    std::string owner;
    int answers = 0;
    bool closed = false;
    std::map<std::string, int> votes;  // by the voter's user ID
    std::set<Waiter*> waiting;
  };
  static Result Count(const Poll& poll);

  std::mutex mutex_;
  std::map<int64_t, Poll> polls_;
  grpc::Status ended_;  // not OK: nobody may wait any more
};

}  // namespace polls
