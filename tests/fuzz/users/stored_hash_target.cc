#include <cstdlib>
#include <string>

#include "services/users/hash_compute.h"
#include "services/users/hash_policy.h"
#include "services/users/stored_hash.h"
#include "tests/fuzz/users/targets.h"

namespace tokenforge::fuzz {
namespace {

using users::HashLimits;

constexpr std::uint64_t kCheapBytes = 64 << 10;
constexpr std::uint64_t kCheapWork = 256;

void Must(bool holds) {
  if (!holds) std::abort();
}

// How much work a hash asks for, as StoredHash bounds it; and that the bound was kept.
std::uint64_t WorkOf(const users::BcryptHash& hash) {
  Must(hash.cost >= HashLimits::kMinBcryptCost && hash.cost <= HashLimits::kMaxBcryptCost);
  return std::uint64_t{1} << (hash.cost + 8);
}
std::uint64_t WorkOf(const users::Argon2Hash& hash) {
  const std::uint64_t work = std::uint64_t{hash.memory_kib} * hash.passes;
  Must(work <= HashLimits::kArgon2Work && work > 0);
  Must(hash.lanes >= 1 && hash.lanes <= HashLimits::kArgon2Lanes);
  return work;
}
std::uint64_t WorkOf(const users::ScryptHash& hash) {
  Must(hash.log_n >= 1 && hash.log_n < 32 && hash.r >= 1 && hash.p >= 1);
  const std::uint64_t both = std::uint64_t{hash.r} * hash.p;
  Must(both <= HashLimits::kScryptWork && both << hash.log_n <= HashLimits::kScryptWork);
  return both << hash.log_n;
}
std::uint64_t WorkOf(const users::Pbkdf2Hash& hash) {
  Must(hash.iterations >= 1 && hash.iterations <= HashLimits::kPbkdf2Work);
  return hash.iterations;
}

template <class Hash>
void CheckSizes(const Hash& hash) {
  Must(hash.salt.size() >= HashLimits::kMinSaltBytes &&
       hash.salt.size() <= HashLimits::kMaxSaltBytes);
  Must(hash.result.size() >= HashLimits::kMinResultBytes &&
       hash.result.size() <= HashLimits::kMaxResultBytes);
}
void CheckSizes(const users::BcryptHash& hash) {
  Must(hash.setting.size() == 29 && hash.result.size() == 31);
}

// What this service would write itself must read back as exactly that text.
void CheckSpelling(const users::StoredHash& hash, std::string_view text) {
  const auto* argon2 = std::get_if<users::Argon2Hash>(&hash.form());
  if (argon2 == nullptr || argon2->variety != users::Argon2Hash::Variety::kId ||
      argon2->version != 0x13 || argon2->lanes != 1) {
    return;
  }
  Must(users::HashPolicy::Argon2id().TextOf(hash.form(), argon2->result).Expose() == text);
}

}  // namespace

bool CheckStoredHash(std::string_view bytes) {
  const auto hash = users::StoredHash::Parse(bytes);
  Must(hash.ok() == users::CheckImportableHash(bytes).ok());
  if (!hash.ok()) return false;
  Must(bytes.size() <= HashLimits::kTextBytes);
  Must(hash->MemoryBytes() <= HashLimits::kMemoryBytes);
  const std::uint64_t work =
      std::visit([](const auto& form) { return WorkOf(form); }, hash->form());
  std::visit([](const auto& form) { CheckSizes(form); }, hash->form());
  CheckSpelling(*hash, bytes);
  if (work <= kCheapWork && hash->MemoryBytes() <= kCheapBytes) {
    const auto result = users::ComputeHash(hash->form(), "password");
    Must(result.ok());
  }
  return true;
}

}  // namespace tokenforge::fuzz
