// The clock part of the hosts drill: the wall clock of one host is stepped, again and again, while
// people use the fleet.
//
// Each step is asked about four times (clock_probe.h): with the clock just stepped, with every
// process of the host started anew under it, with the clock just put right, and when all has had
// time to recover. What broke a promise is listed with the moment at which it did.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/drills/clock_probe.h"
#include "tests/drills/host_clock.h"

namespace tokenforge::drills {

struct StepReport {
  std::string text;                 // a table for people
  std::vector<std::string> broken;  // promises, by anybody at any moment
};

struct StepOptions {
  std::vector<std::chrono::seconds> steps;
  std::chrono::milliseconds each;      // how long load runs at each of the moments
  std::vector<std::string> processes;  // of the host
};

StepReport StepClocks(systemtest::Suite& suite, HostClock& clock, ClockProbe& probe,
                      const Tally& tally, const StepOptions& options);

}  // namespace tokenforge::drills
