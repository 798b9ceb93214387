// Password hashing by a policy, and comparing with every kind of hash that accounts may have.
//
// A stored hash is text that carries its function, parameters and salt (stored_hash.h), so the
// policy may change and accounts may come from other systems. All three functions take as long as a
// hash takes, on purpose: call them only on a bounded pool (lib/workers). Together they use no more
// memory than the budget; who would exceed it waits.
//
// Nothing is ever cut: a password that a function would not read whole (bcrypt: over 72 bytes, or
// with a NUL) is refused when hashed, and matches nothing when compared. Nothing is concatenated to
// it.
//
// Thread-safe: every call works in memory of its own, wiped before it returns.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"
#include "services/users/hash_memory.h"
#include "services/users/hash_policy.h"

namespace tokenforge::users {

class PasswordHasher {
 public:
  static constexpr int kMinCost = HashPolicy::kMinBcryptCost;
  static constexpr int kMaxCost = HashPolicy::kMaxBcryptCost;
  static constexpr int kDefaultCost = HashPolicy::kDefaultBcryptCost;

  // The budget is at least the memory of the dearest hash that an account may have.
  explicit PasswordHasher(HashPolicy policy, std::uint64_t memory_bytes = HashLimits::kMemoryBytes);
  // bcrypt of this cost.
  explicit PasswordHasher(int cost) : PasswordHasher(HashPolicy::Bcrypt(cost)) {}

  // The text to store, with a salt of 128 random bits. INVALID_FIELD when the policy's function
  // would not read the password whole.
  absl::StatusOr<secret::Secret> Hash(const secret::Secret& password) const;

  // Whether `stored` was made from this password, in constant time. With `stored` null (nobody has
  // that email) or a password that cannot match, it computes one hash all the same and answers
  // false: an attacker who times the answer learns nothing. INTERNAL_FAULT when `stored` is not a
  // hash that this version knows.
  absl::StatusOr<bool> Matches(const secret::Secret& password, const secret::Secret* stored) const;

  // Whether a login with this password, which matched, should replace the stored hash: it is
  // weaker than the policy's or of another kind, and the policy's function can take this password.
  bool IsOutdated(const secret::Secret& password, const secret::Secret& stored) const;

  const HashPolicy& policy() const { return policy_; }
  const HashMemory& memory() const { return memory_; }

 private:
  absl::StatusOr<secret::Secret> Compute(const StoredHash::Form& form, std::uint64_t memory_bytes,
                                         std::string_view password) const;

  const HashPolicy policy_;
  const StoredHash::Form decoy_;
  mutable HashMemory memory_;
};

}  // namespace tokenforge::users
