// What the error of a call says about the dependency that was called.
//
// Pure; thread-safe. The reasons for each line are in docs/adr/0026.
#pragma once

#include <chrono>

#include "absl/status/status.h"
#include "lib/breaker/breaker.h"

namespace tokenforge::breaker {

// What a call was given, and when it ended.
struct CallTimes {
  clock::SteadyTime start;
  clock::SteadyTime deadline;
  clock::SteadyTime end;
};

// good     OK, and every refusal that only somebody who is alive can give
// failed   UNAVAILABLE DEPENDENCY_DOWN, also passed on; CIRCUIT_OPEN passed on, with its RetryInfo;
//          DEADLINE_EXCEEDED when the call had at least `patience`
// nothing  OVERLOADED and DRAINING; CANCELLED; any failure of a call that ran out of less time than
//          `patience`: callers choose their deadlines, and must not be able to open a circuit for
//          all others with short ones
Verdict VerdictOf(const absl::Status& status, const CallTimes& times,
                  std::chrono::milliseconds patience);

}  // namespace tokenforge::breaker
