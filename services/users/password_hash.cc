#include "services/users/password_hash.h"

#include <sodium.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "lib/errors/errors.h"
#include "services/users/hash_compute.h"

namespace tokenforge::users {
namespace {

HashPolicy Ready(HashPolicy policy) {
  // Chooses the fastest code for this machine; may be called often.
  if (sodium_init() < 0) {
    std::fprintf(stderr, "libsodium cannot be used on this machine\n");
    std::abort();
  }
  return policy;
}

const secret::Secret& ResultOf(const StoredHash::Form& form) {
  return std::visit([](const auto& hash) -> const secret::Secret& { return hash.result; }, form);
}

}  // namespace

PasswordHasher::PasswordHasher(HashPolicy policy, std::uint64_t memory_bytes)
    : policy_(Ready(policy)),
      decoy_(policy_.NewForm()),
      memory_(std::max(memory_bytes, policy_.MemoryBytes())) {}

absl::StatusOr<secret::Secret> PasswordHasher::Compute(const StoredHash::Form& form,
                                                       std::uint64_t memory_bytes,
                                                       std::string_view password) const {
  const HashMemory::Share share = memory_.Take(memory_bytes);
  return ComputeHash(form, password);
}

absl::StatusOr<secret::Secret> PasswordHasher::Hash(const secret::Secret& password) const {
  const StoredHash::Form form = policy_.NewForm();
  if (!ReadsWhole(form, password.Expose())) {
    return errors::InvalidFields(
        {{"password", "must be 1 to " + std::to_string(policy_.MaxPasswordBytes()) +
                          " bytes without a NUL character"}});
  }
  absl::StatusOr<secret::Secret> result = Compute(form, policy_.MemoryBytes(), password.Expose());
  if (!result.ok()) return result.status();
  return policy_.TextOf(form, *result);
}

absl::StatusOr<bool> PasswordHasher::Matches(const secret::Secret& password,
                                             const secret::Secret* stored) const {
  std::optional<absl::StatusOr<StoredHash>> parsed;
  if (stored != nullptr) parsed = StoredHash::Parse(stored->Expose());
  const bool known = parsed && parsed->ok();
  const StoredHash::Form& form = known ? (*parsed)->form() : decoy_;
  const std::uint64_t memory = known ? (*parsed)->MemoryBytes() : policy_.MemoryBytes();
  const bool readable = ReadsWhole(form, password.Expose());
  // Whatever the case, exactly one hash is computed (the attack: timing tells which emails exist).
  const absl::StatusOr<secret::Secret> result =
      Compute(form, memory, readable ? password.Expose() : "decoy");
  if (stored != nullptr && !known) {
    return errors::Make(
        errors::reasons::INTERNAL_FAULT,
        "The account's password hash is of a kind that this version does not know.");
  }
  if (!result.ok()) return result.status();
  const bool equal = result->Equals(ResultOf(form));
  return equal && readable && known;
}

bool PasswordHasher::IsOutdated(const secret::Secret& password,
                                const secret::Secret& stored) const {
  const absl::StatusOr<StoredHash> parsed = StoredHash::Parse(stored.Expose());
  return parsed.ok() && !policy_.Satisfies(*parsed) && ReadsWhole(decoy_, password.Expose());
}

}  // namespace tokenforge::users
