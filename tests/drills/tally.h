// Tally: how the calls of a drill ended, by method. Thread-safe.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::drills {

class Tally {
 public:
  struct Calls {
    long ok = 0;
    std::map<std::string, long> failed;  // by code and reason
  };

  void Count(const std::string& method, const grpc::Status& status,
             std::chrono::steady_clock::duration took);

  std::map<std::string, Calls> calls() const;
  long ok() const;
  long failed() const;
  // The first failures, each as "time method code message (reason), after … ms".
  std::vector<std::string> examples() const;
  std::chrono::milliseconds longest() const;  // of the calls that succeeded

  // A table for people.
  std::string Table() const;

 private:
  static constexpr std::size_t kExamples = 40;
  mutable sync::Mutex mutex_;
  std::map<std::string, Calls> calls_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> examples_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::duration longest_ ABSL_GUARDED_BY(mutex_){0};
};

// "UNAVAILABLE DEPENDENCY_DOWN"; "UNAVAILABLE" for one that no server of ours made.
std::string NameOf(const grpc::Status& status);

}  // namespace tokenforge::drills
