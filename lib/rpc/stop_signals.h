// The signals that stop a process, and the limit on how long it may take. Internal to lib/rpc.
//
// One thread reads SIGTERM and SIGINT. The first asks for a stop; the second, or the limit after
// the first, ends the process with code 1, naming the stage that was not left. Stage, Requested and
// Sleep are thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "lib/sync/mutex.h"

namespace tokenforge::rpc::internal {

class StopSignals {
 public:
  // Blocks the signals for this thread and all that it makes later.
  static void Block();

  StopSignals() = default;
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  void Start(std::chrono::milliseconds stop_limit);

  // What the process does now, for the line that says what was left.
  void Stage(std::string stage);

  bool Requested() const;
  // Until the time is over (true) or a stop is asked for (false).
  bool Sleep(std::chrono::milliseconds duration);
  void WaitForRequest();

 private:
  void Read();
  void Request(int signal);
  [[noreturn]] void EndNow(const std::string& why);

  int signal_fd_ = -1;
  int wake_fd_ = -1;
  std::chrono::milliseconds stop_limit_{0};
  mutable sync::Mutex mutex_;
  sync::CondVar changed_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  std::string stage_ ABSL_GUARDED_BY(mutex_) = "starting";
  std::thread thread_;
};

}  // namespace tokenforge::rpc::internal
