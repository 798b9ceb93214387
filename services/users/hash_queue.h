// The way to the hashing threads: every password of the service is hashed and compared through
// here, whoever asks (logins, registrations, changes, resets).
//
// Why one way: what a hash costs is what an attacker can make us spend, so threads, queue and
// memory are bounded for all of them together. Addresses take turns (IPv6 ones by their first 64
// bits), and none has more than its share of the queue; what would hardly be done by its deadline
// is refused at once, what was not begun by it is dropped. The threads are nicer than the others,
// so that a storm of logins leaves the processor to refreshes.
//
// Errors beside those of PasswordHasher: OVERLOADED with a time to come back at when there is no
// room, DEADLINE_PASSED, DRAINING.
//
// Thread-safe. The hasher outlives this, and this its tasks; what a task is given by reference
// outlives the task.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/secret/secret.h"
#include "lib/telemetry/metrics.h"
#include "lib/workers/pool.h"
#include "services/users/password_hash.h"

namespace tokenforge::users {

class HashQueue {
 public:
  // The pool is called "hash" whatever the options say.
  HashQueue(const PasswordHasher& hasher, workers::Pool::Options options);

  // Says in the log how passwords are hashed, on how many threads and in how much memory.
  void Announce() const;

  // The text to store for a new password. `address` is the client's, as text; empty when unknown.
  async::Task<absl::StatusOr<secret::Secret>> Hash(workers::Deadline deadline, std::string address,
                                                   const secret::Secret& password);

  struct Comparison {
    bool matches = false;
    // The text to store instead, when the password matched a hash that is outdated, and there was
    // time and room to make another.
    std::optional<secret::Secret> renewed;
  };
  // PasswordHasher::Matches. `stored` is null for nobody.
  async::Task<absl::StatusOr<Comparison>> Compare(workers::Deadline deadline, std::string address,
                                                  const secret::Secret& password,
                                                  const secret::Secret* stored);

  workers::Pool& pool() { return pool_; }

 private:
  absl::StatusOr<Comparison> CompareNow(workers::Deadline deadline, const secret::Secret& password,
                                        const secret::Secret* stored) const;

  const PasswordHasher& hasher_;
  const std::size_t busy_depth_;  // from here on hashes are not renewed
  const telemetry::Histogram hash_seconds_;
  workers::Pool pool_;
  const telemetry::ObservedGauge depth_;
};

// Whom an address shares its turns with: itself, or for IPv6 its network of 64 bits. What is no
// address is a group of its own.
std::string AddressGroup(std::string_view address);

}  // namespace tokenforge::users
