// SqlStallWatch: cuts the connection of a worker that waits for a database which answers no more.
//
// Why: a server that is stopped (SIGSTOP), or whose host froze, goes on acknowledging what we send.
// To TCP, its keepalive and its user timeout such a connection is a good one, over a unix socket
// there is not even that; and the statement timeout is kept by the very server that hangs. A worker
// that waits there would wait for ever, and so would soon all of them, also when another server has
// long taken over at the same address. A socket that is shut down under libpq is a lost connection
// to it, and to us: the call fails, and the worker connects anew.
//
// One thread of its own. A Turn belongs to one worker thread, which has one at a time and ends it
// before the connection is closed: its number may be another's from then on.
#pragma once

#include <thread>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"

namespace tokenforge::users {

class SqlStallWatch {
 public:
  explicit SqlStallWatch(int workers);
  ~SqlStallWatch();
  SqlStallWatch(const SqlStallWatch&) = delete;
  SqlStallWatch& operator=(const SqlStallWatch&) = delete;

  // While this lives, the socket is cut when the time comes. A socket of -1 is none.
  class Turn {
   public:
    Turn(SqlStallWatch& watch, int worker, int socket, clock::SteadyTime cut_at)
        : watch_(watch), worker_(worker) {
      watch_.Set(worker_, {socket, cut_at});
    }
    ~Turn() { watch_.Set(worker_, {}); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    SqlStallWatch& watch_;
    const int worker_;
  };

 private:
  struct Watched {
    int socket = -1;
    clock::SteadyTime cut_at = clock::SteadyTime::max();
  };

  void Set(int worker, Watched watched);
  void Loop();
  // Cuts what is due; when to look again.
  clock::SteadyTime CutDue(clock::SteadyTime now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<Watched> workers_ ABSL_GUARDED_BY(mutex_);
  clock::SteadyTime look_at_ ABSL_GUARDED_BY(mutex_) = clock::SteadyTime::max();
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::users
