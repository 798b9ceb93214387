// HostClock: the wall clock of one host of a drill, to be stepped while its processes run
// (stepped_clock.cc). The steady clock of the host, and everybody else's clocks, stay right.
//
// The file that the processes read goes with the object. Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tokenforge::drills {

class HostClock {
 public:
  HostClock();
  ~HostClock();
  HostClock(const HostClock&) = delete;
  HostClock& operator=(const HostClock&) = delete;

  // Why no clock can be stepped in this build; empty when one can.
  static std::string Missing();

  // What goes before the command of a process of the host.
  std::vector<std::string> Command() const;
  // So much ahead of the truth from now on; negative is behind.
  void Step(std::chrono::nanoseconds ahead);

 private:
  std::string file_;
};

}  // namespace tokenforge::drills
