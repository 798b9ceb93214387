// tokenforge calibrate: how long each way of hashing passwords takes on this machine, what it needs
// of memory, how many logins a second that allows, and which flags of tokenforge-users follow.
//
// The functions are the service's own, so what is measured here is what a login will cost there.
// Used by one thread.
#pragma once

#include <chrono>
#include <functional>
#include <ostream>
#include <vector>

#include "cli/command.h"
#include "services/users/hash_policy.h"

namespace tokenforge::cli {

struct CalibrateOptions {
  std::chrono::milliseconds target{250};  // a hash takes at most this
  std::int64_t rounds = 5;                // hashes of each kind; the median counts
  std::int64_t threads = 0;               // that will hash; 0: one per core
  bool json = false;
};

// How long one password takes to hash: processor time, of which a hash takes one core's.
using HashTimer = std::function<std::chrono::nanoseconds(const users::HashPolicy& policy)>;
// By doing it.
std::chrono::nanoseconds TimeOneHash(const users::HashPolicy& policy);

Command CalibrateCommand();

// What it does. A function that takes longer than eight targets is measured
// once, and dearer costs of it not at all.
void RunCalibrate(const CalibrateOptions& options, const HashTimer& timer, std::ostream& out);

}  // namespace tokenforge::cli
