// Load: a number of calls in flight for a while, each chain starting its next call when the last
// one is answered.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace tokenforge::bench {

struct LoadResult {
  double seconds = 0;
  long done = 0;
  long failed = 0;
  std::vector<double> milliseconds;  // of each call that succeeded
  double PerSecond() const { return seconds > 0 ? static_cast<double>(done) / seconds : 0; }
};

// Runs `chains` chains for `duration`, or until `most` calls were started when that is not 0.
// `call(chain, answered)` starts one call and arranges for answered(ok), from any thread.
LoadResult RunLoad(int chains, std::chrono::milliseconds duration,
                   const std::function<void(int chain, std::function<void(bool)> answered)>& call,
                   long most = 0);

// CPU seconds of one process so far, by where they were spent. Counted in ticks of 10 ms.
struct CpuSplit {
  double user = 0;
  double kernel = 0;
  double seconds() const { return user + kernel; }
  friend CpuSplit operator-(CpuSplit a, CpuSplit b) {
    return {a.user - b.user, a.kernel - b.kernel};
  }
};
CpuSplit CpuSplitOf(int pid);

// CPU seconds that a process and all its descendants have used so far.
double CpuSecondsOf(const std::vector<int>& pids);

}  // namespace tokenforge::bench
