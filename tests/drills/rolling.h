// The rolling drill: every replica of every service, and of a guarded server, is restarted while
// people use them all.
//
// In odd rounds one process after the other, as a careful operator does it; in even rounds the
// first replica of every service at once, then the second …, as when several Deployments roll side
// by side. A restarted process is ready, and clients have had `settle` to find it, before the next
// goes: what minReadySeconds is in Kubernetes.
//
// With SIGTERM and the shipped client configuration no call may fail. With SIGKILL calls may, but
// nothing acknowledged may be lost.
#pragma once

#include <chrono>
#include <csignal>
#include <string>

#include "tests/drills/fleet_load.h"

namespace tokenforge::drills {

struct RollingOptions {
  int rounds = 20;
  long at_least_calls = 0;  // more rounds until there are so many
  int signal = SIGTERM;
  bool postgres = true;
  int replicas = 3;
  int people = 8;
  int plain_people = 2;  // with the plain client, counted apart
  std::chrono::milliseconds drain_delay{1000};
  std::chrono::milliseconds settle{3000};
  std::string circuit_open_time = {};  // empty: as it ships
};

struct RollingReport {
  int rounds = 0, restarts = 0;
  int bad_exits = 0;  // of processes that were asked to end: any code but 0
  long calls = 0, failed = 0;
  long plain_calls = 0, plain_failed = 0;
  long revocations_seen = 0;  // logouts that reached every open trust stream
  Reconciled reconciled;
  std::string text;  // all of it, for people
};

RollingReport RunRolling(const RollingOptions& options);

}  // namespace tokenforge::drills
