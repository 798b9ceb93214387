// Footprint: what a process holds — memory, descriptors, threads — and what processor time it
// takes, sampled over a drill; and whether it grew.
//
// Used from one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace tokenforge::drills {

class Footprint {
 public:
  Footprint(std::string name, pid_t pid) : name_(std::move(name)), pid_(pid) {}

  void Sample();
  const std::string& name() const { return name_; }
  // Thousandths of a processor between the first and the last sample.
  double millicores() const;
  double mebibytes() const { return samples_.back().mebibytes; }  // of the newest sample

  // Compares the last third of the samples with the second; the first is for warming up. Empty, or
  // what grew: the median of memory by more than a tenth and 8 MiB, of descriptors by more than 16,
  // of threads by more than 4.
  std::string Growth() const;
  // One line for people.
  std::string Line() const;

 private:
  struct Held {
    double mebibytes = 0;
    double descriptors = 0;
    double threads = 0;
    double processor_seconds = 0;
    std::chrono::steady_clock::time_point when;
  };
  Held MedianOf(std::size_t begin, std::size_t end) const;

  std::string name_;
  pid_t pid_;
  std::vector<Held> samples_;
};

}  // namespace tokenforge::drills
