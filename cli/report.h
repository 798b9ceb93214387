// Report: what the tour prints: one line a step, with what came back and how long it took.
//
// Plain text for people. Never a token: only what kind it is and when it expires. Used by one
// thread.
#pragma once

#include <chrono>
#include <ostream>
#include <string>

namespace tokenforge::cli {

class Report {
 public:
  explicit Report(std::ostream& out) : out_(out) {}

  // Starts the clock of the next step.
  void Begin();
  // Ends the step that began: "  1  register   12.3 ms  what came back".
  void End(const std::string& step, const std::string& what);
  // A further line of the same step.
  void Note(const std::string& what);

  // Since Begin.
  std::chrono::duration<double, std::milli> Elapsed() const;

 private:
  std::ostream& out_;
  int steps_ = 0;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace tokenforge::cli
