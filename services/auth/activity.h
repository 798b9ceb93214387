// Activity: how many logins and refreshes this replica has answered, and how many sessions it has
// started, for whoever shows them (status/). Metrics count the same in more detail, but cannot be
// read back.
//
// Counts only grow. Lock-free: a count costs a call some nanoseconds. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"

namespace tokenforge::auth {

// How answers of one kind went.
struct Outcomes {
  std::atomic<std::uint64_t> succeeded = 0;
  std::atomic<std::uint64_t> refused = 0;  // for what the caller sent, or sent too often
  std::atomic<std::uint64_t> failed = 0;   // for reasons that are ours

  void Count(const absl::Status& status);
};

struct Activity {
  Outcomes logins;  // whole ones: the first of two steps is none yet
  Outcomes refreshes;
  std::atomic<std::uint64_t> sessions_started = 0;
};

}  // namespace tokenforge::auth
