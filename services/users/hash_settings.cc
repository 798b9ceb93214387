#include "services/users/hash_settings.h"

#include <algorithm>
#include <string>
#include <thread>

#include "lib/config/config.h"

namespace tokenforge::users {
namespace {

constexpr std::int64_t kLeastMemoryMib = static_cast<std::int64_t>(HashLimits::kMemoryBytes >> 20);

std::vector<std::string> Mistakes(const HashSettings& settings) {
  std::vector<std::string> mistakes;
  if (settings.memory_mib != 0 && settings.memory_mib < kLeastMemoryMib) {
    mistakes.push_back("hash-memory must be 0 or at least " + std::to_string(kLeastMemoryMib) +
                       ": so much one imported hash may need");
  }
  if (settings.queue_per_address > settings.queue) {
    mistakes.push_back("hash-queue-per-address must not be more than hash-queue");
  }
  return mistakes;
}

}  // namespace

void Declare(config::Parser& parser, HashSettings* settings) {
  parser.Group("Passwords");
  parser.Choice("password-hash", &settings->function, HashPolicy::Names(), "bcrypt",
                "how new passwords are hashed, and old ones again at their next login");
  parser.Integer("bcrypt-cost", &settings->bcrypt_cost, HashPolicy::kDefaultBcryptCost,
                 "binary logarithm of bcrypt's rounds; below 10 for tests only",
                 HashPolicy::kMinBcryptCost, HashPolicy::kMaxBcryptCost);
  parser.Integer("password-min-length", &settings->min_length, 8,
                 "characters that a new password has at least; below 8 for tests only", 1, 64);
  parser.Integer("password-min-guesses", &settings->min_guesses_log10, 5,
                 "how many guesses a new password stands at least, by zxcvbn, as a power of ten; 0 "
                 "takes anything",
                 0, 14);
  parser.StringList("password-words", &settings->words, {"tokenforge"},
                    "words that are easy to guess here, such as the names of your products");

  parser.Group("Password hashing");
  parser.Integer("hash-threads", &settings->threads, 0,
                 "threads that hash passwords; 0 takes one per core", 0, 256);
  parser.Integer("hash-nice", &settings->nice, 10,
                 "how much nicer these threads are than the others, so that a storm of logins "
                 "leaves them the processor",
                 0, 19);
  parser.Integer("hash-queue", &settings->queue, 64,
                 "passwords that may wait to be hashed; more are OVERLOADED", 0, 100'000);
  parser.Integer("hash-queue-per-address", &settings->queue_per_address, 0,
                 "how many of them may be one address'; 0 is half", 0, 100'000);
  parser.Integer("hash-memory", &settings->memory_mib, 0,
                 "MiB that hashes may take together; 0 is what the threads need, and 256 at least",
                 0, 1 << 20);
  parser.Check([settings] { return Mistakes(*settings); });
}

HashPolicy PolicyOf(const HashSettings& settings) {
  return HashPolicy::Named(settings.function, static_cast<int>(settings.bcrypt_cost)).value();
}

PasswordRules RulesOf(const HashSettings& settings) {
  return {.min_code_points = static_cast<std::size_t>(settings.min_length),
          .max_bytes = PolicyOf(settings).MaxPasswordBytes(),
          .min_guesses_log10 = static_cast<int>(settings.min_guesses_log10),
          .words = settings.words};
}

workers::Pool::Options PoolOf(const HashSettings& settings) {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const auto share =
      settings.queue_per_address > 0 ? settings.queue_per_address : (settings.queue + 1) / 2;
  return {.name = "hash",
          .threads = static_cast<int>(settings.threads > 0 ? settings.threads : cores),
          .queue = static_cast<std::size_t>(settings.queue),
          .share = static_cast<std::size_t>(share),
          .nice = static_cast<int>(settings.nice),
          .refuse_late = true};
}

std::uint64_t MemoryBytesOf(const HashSettings& settings) {
  if (settings.memory_mib > 0) return static_cast<std::uint64_t>(settings.memory_mib) << 20;
  const auto threads = static_cast<std::uint64_t>(PoolOf(settings).threads);
  return std::max(HashLimits::kMemoryBytes, threads * PolicyOf(settings).MemoryBytes());
}

}  // namespace tokenforge::users
