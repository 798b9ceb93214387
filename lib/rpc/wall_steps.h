// WallSteps: keeps gRPC's timers going when somebody sets the machine's clock back.
//
// Why: gRPC sleeps until its next timer in abseil's condition variable, which in the version of
// Debian 12 waits for a time of the wall clock. If that clock is set back by an hour meanwhile, no
// deadline, no alarm and no reconnect of the process comes for up to an hour: what hangs then hangs
// for as long. (Forward it only wakes early.)
//
// A thread compares the wall clock with the steady one a few times a second, and when it was set
// back wakes gRPC's timer thread, which then looks at the time anew. Steps are logged. A gRPC that
// does not have the function for it is left alone.
//
// One per process, for as long as it uses gRPC. Thread-safe.
#pragma once

#include <chrono>
#include <thread>

#include "lib/sync/mutex.h"

namespace tokenforge::rpc {

class WallSteps {
 public:
  WallSteps() = default;
  ~WallSteps();
  WallSteps(const WallSteps&) = delete;
  WallSteps& operator=(const WallSteps&) = delete;

  // Once.
  void Start();

 private:
  void Watch();
  bool Pause();  // false: the end

  sync::Mutex mutex_;
  sync::CondVar ended_;
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tokenforge::rpc
