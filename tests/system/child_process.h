// A program that a test starts, watches and ends by its own process ID.
//
// The child dies with the test (PR_SET_PDEATHSIG), so a crashed test leaves nothing behind. Its
// output goes to a file. Used from one thread at a time; Kill is safe from another.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tokenforge::systemtest {

class ChildProcess {
 public:
  ChildProcess() = default;
  ~ChildProcess();  // SIGKILL, then reaps
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Starts `arguments[0]` with stdout and stderr appended to `log_file`. False when it cannot be
  // executed.
  bool Start(const std::vector<std::string>& arguments, const std::string& log_file);

  // Sends a signal to the process, if it runs.
  void Kill(int signal);
  // Waits for the end; false when it did not come within `at_most`. exit_code() then tells how: the
  // code, or 128 + the signal.
  bool WaitForEnd(std::chrono::milliseconds at_most);

  bool running() const { return pid_ > 0; }
  pid_t pid() const { return pid_; }
  int exit_code() const { return exit_code_; }

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
};

// A TCP port of 127.0.0.1 that was free a moment ago, and that no other test takes while this
// process runs.
int FreePort();

}  // namespace tokenforge::systemtest
