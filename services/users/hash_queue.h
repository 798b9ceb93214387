// The way to the hashing threads: every password of the service is hashed and compared through
// here, whoever asks (logins, registrations, changes, resets).
//
// Why one way: what a hash costs is what an attacker can make us spend, so threads, queue and
// memory are bounded for all of them together. Errors beside those of PasswordHasher: OVERLOADED
// when there is no room, DEADLINE_PASSED, DRAINING.
//
// Thread-safe. The hasher outlives this, and this its tasks; what a task is given by reference
// outlives the task.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/secret/secret.h"
#include "lib/telemetry/metrics.h"
#include "lib/workers/pool.h"
#include "services/users/password_hash.h"

namespace tokenforge::users {

class HashQueue {
 public:
  struct Options {
    int threads = 1;
    std::size_t queue = 64;
  };
  HashQueue(const PasswordHasher& hasher, Options options);

  // The text to store for a new password. `address` is the client's, as text; those who share one
  // share its part of the queue.
  async::Task<absl::StatusOr<secret::Secret>> Hash(workers::Deadline deadline, std::string address,
                                                   const secret::Secret& password);

  struct Comparison {
    bool matches = false;
    // The text to store instead, when the password matched a hash that is outdated and there was
    // time to make another.
    std::optional<secret::Secret> renewed;
  };
  // PasswordHasher::Matches. `stored` is null for nobody.
  async::Task<absl::StatusOr<Comparison>> Compare(workers::Deadline deadline, std::string address,
                                                  const secret::Secret& password,
                                                  const secret::Secret* stored);

  bool Stop(std::chrono::milliseconds grace) { return pool_.Stop(grace); }
  std::size_t depth() const { return pool_.depth(); }

 private:
  absl::StatusOr<Comparison> CompareNow(workers::Deadline deadline, const secret::Secret& password,
                                        const secret::Secret* stored) const;

  const PasswordHasher& hasher_;
  const telemetry::Histogram hash_seconds_;
  workers::Pool pool_;
};

}  // namespace tokenforge::users
