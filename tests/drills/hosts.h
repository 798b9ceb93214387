// The hosts drill: a fleet over four hosts of a network that delays and loses packets, on which
// each pair of hosts is cut off from each other in turn.
//
// Host "data" has Redis and PostgreSQL; "a", "b" and "c" have one replica of every service and of a
// guarded server each; people use them from outside, and reach every host. After each cut the
// network heals and everything has to come back by itself. The table says what failed in each cut
// and for how long; at the end everything that was acknowledged must be there, and nobody who was
// logged out may be let in.
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
  std::chrono::milliseconds cut = std::chrono::seconds(30);
  std::chrono::milliseconds healed = std::chrono::seconds(20);
  int people = 6;
};

struct HostsReport {
  std::string missing;  // why there can be no hosts here; empty when there were
  long calls = 0, failed = 0;
  long packets_dropped = 0;  // lost, or between hosts that were cut off
  long failed_at_rest = 0;   // with all hosts connected, 10 s and more after a cut
  Reconciled reconciled;
  std::string text;
};

HostsReport RunHosts(const HostsOptions& options);

}  // namespace tokenforge::drills
