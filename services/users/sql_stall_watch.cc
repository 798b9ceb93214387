#include "services/users/sql_stall_watch.h"

#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include "lib/telemetry/log.h"

namespace tokenforge::users {

using clock::SteadyTime;
using std::chrono::steady_clock;

namespace {

// Waiting until the end of time would run over.
constexpr std::chrono::hours kFarAway{1};

}  // namespace

SqlStallWatch::SqlStallWatch(int workers) : workers_(static_cast<std::size_t>(workers)) {
  thread_ = std::thread([this] { Loop(); });
}

SqlStallWatch::~SqlStallWatch() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
}

// Wakes the thread only for a time before the one that it wakes at anyway: next to never.
void SqlStallWatch::Set(int worker, Watched watched) {
  const sync::MutexLock lock(&mutex_);
  workers_[static_cast<std::size_t>(worker)] = watched;
  if (watched.socket < 0 || watched.cut_at >= look_at_) return;
  look_at_ = watched.cut_at;
  changed_.NotifyAll();
}

void SqlStallWatch::Loop() {
  const sync::MutexLock lock(&mutex_);
  while (!stopping_) {
    const SteadyTime now = steady_clock::now();
    look_at_ = std::min(CutDue(now), now + kFarAway);
    changed_.WaitUntil(&mutex_, look_at_);
  }
}

// Under the lock: the worker cannot close the socket meanwhile.
SteadyTime SqlStallWatch::CutDue(SteadyTime now) {
  SteadyTime next = SteadyTime::max();
  for (Watched& watched : workers_) {
    if (watched.socket < 0) continue;
    if (watched.cut_at > now) {
      next = std::min(next, watched.cut_at);
      continue;
    }
    ::shutdown(watched.socket, SHUT_RDWR);
    watched = {};
    telemetry::Log(telemetry::Level::kWarning,
                   "cut a connection to the account database: it was silent for too long");
  }
  return next;
}

}  // namespace tokenforge::users
