// What can be set about passwords: how they are hashed, what hashing may take, and what a new one
// must be. A group of the users service's configuration.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/workers/pool.h"
#include "services/users/hash_policy.h"
#include "services/users/password_policy.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::users {

struct HashSettings {
  std::string function = "bcrypt";
  std::int64_t bcrypt_cost = HashPolicy::kDefaultBcryptCost;
  std::int64_t threads = 0;  // 0: as many as there are cores
  std::int64_t nice = 10;
  std::int64_t queue = 64;
  std::int64_t queue_per_address = 0;  // 0: half of the queue
  std::int64_t memory_mib = 0;         // 0: as much as the threads take at once
  std::int64_t min_length = 8;
  std::int64_t min_guesses_log10 = 5;
  std::vector<std::string> words;
};

void Declare(config::Parser& parser, HashSettings* settings);

// Of settings that were checked.
HashPolicy PolicyOf(const HashSettings& settings);
PasswordRules RulesOf(const HashSettings& settings);
workers::Pool::Options PoolOf(const HashSettings& settings);
// The bound of what all hashes take together: enough for the dearest one that an account may have
// (HashLimits::kMemoryBytes), and unless it is set for one of the policy's on every thread.
std::uint64_t MemoryBytesOf(const HashSettings& settings);

}  // namespace tokenforge::users
