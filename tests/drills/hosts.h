// The hosts drill: a fleet over four hosts of a network that delays and loses packets, on which
// each pair of hosts is cut off from each other in turn.
//
// Host "data" has Redis and PostgreSQL; "a", "b" and "c" have one replica of every service and of a
// guarded server each; people use them from outside, and reach every host. After each cut the
// network heals and everything has to come back by itself. The table says what failed in each cut
// and for how long. Then the wall clock of host "b" is stepped (clocks.h). At the end everything
// that was acknowledged must be there, and nobody who was logged out may be let in.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/drills/fleet_load.h"

namespace tokenforge::drills {

struct HostsOptions {
  std::chrono::milliseconds delay{2};
  std::chrono::milliseconds jitter{2};
  double loss = 0.005;
  bool cuts = true;
  std::chrono::milliseconds cut = std::chrono::seconds(30);
  std::chrono::milliseconds healed = std::chrono::seconds(20);
  std::vector<std::chrono::seconds> steps = {std::chrono::minutes(2), -std::chrono::minutes(2),
                                             std::chrono::hours(1), -std::chrono::hours(1)};
  std::chrono::milliseconds stepped = std::chrono::seconds(15);  // at each moment of a step
  int people = 6;
  std::string circuit_open_time = {};  // empty: as it ships
};

struct HostsReport {
  std::string missing;  // why there can be no hosts here; empty when there were
  long calls = 0, failed = 0;
  long packets_dropped = 0;         // lost, or between hosts that were cut off
  long failed_at_rest = 0;          // with all hosts connected, 10 s and more after a cut
  std::vector<std::string> broken;  // promises, by a clock that was stepped
  Reconciled reconciled;
  std::string text;
};

HostsReport RunHosts(const HostsOptions& options);

}  // namespace tokenforge::drills
