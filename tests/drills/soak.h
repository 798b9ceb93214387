// The soak drill: a fleet in use for a long time, with a fault every so often.
//
// Faults, in turn, each mended before the next: a replica is killed, restarted, or hangs (SIGSTOP)
// for a while; Redis and PostgreSQL are killed, and hang. Replicas other than the first are what is
// killed and restarted, so that the first ones live through everything: their memory, descriptors
// and threads must stay flat. At the end everything that was acknowledged must be there.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "tests/drills/fleet_load.h"

namespace tokenforge::drills {

struct SoakOptions {
  std::chrono::milliseconds length = std::chrono::minutes(30);
  std::chrono::milliseconds between = std::chrono::seconds(20);
  std::chrono::milliseconds hang = std::chrono::seconds(5);
  bool faults = true;  // without: what the load costs each first replica
  int replicas = 3;
  int bcrypt_cost = 4;
  std::string algorithm = "ES256";  // of signing keys
  int people = 8;
  std::chrono::milliseconds pause{500};  // of a person between two turns: the load is to be steady
  std::string circuit_open_time = {};    // empty: as it ships
};

struct SoakReport {
  int faults = 0;
  long calls = 0, failed = 0;
  std::vector<std::string> grown;  // processes that did not stay flat
  Reconciled reconciled;
  std::string text;
};

SoakReport RunSoak(const SoakOptions& options);

}  // namespace tokenforge::drills
