// Password hashing: bcrypt (`$2b$`) through libxcrypt.
//
// A stored hash is text that carries its algorithm, cost and salt, so that costs can change and
// other algorithms can come beside this one; the prefix decides. Both functions take a quarter of a
// second at the default cost, on purpose: call them only on a bounded pool (lib/workers).
//
// Nothing is ever cut: a password that bcrypt would not read whole (over 72 bytes, or with a NUL)
// is refused when hashed, and matches nothing when compared. Nothing is concatenated to it.
//
// Thread-safe: every call works in memory of its own, wiped before it returns.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {

class PasswordHasher {
 public:
  static constexpr int kMinCost = 4;  // tests; anything below 10 is unfit for use
  static constexpr int kMaxCost = 16;
  static constexpr int kDefaultCost = 12;

  // `cost` is the binary logarithm of the rounds. A cost outside the bounds is a programming error
  // and ends the process; configuration checks it first.
  explicit PasswordHasher(int cost = kDefaultCost);

  // The text to store, with a salt of 128 random bits. INVALID_FIELD when not hashable
  // (password_policy.h).
  absl::StatusOr<secret::Secret> Hash(const secret::Secret& password) const;

  // Whether `stored` was made from this password, in constant time. With `stored` null (nobody has
  // that email) or a password that cannot match, it does the same work on a decoy and answers
  // false: an attacker who times the answer learns nothing. INTERNAL_FAULT when `stored` is not a
  // hash that this version knows.
  absl::StatusOr<bool> Matches(const secret::Secret& password, const secret::Secret* stored) const;

 private:
  const int cost_;
  const std::string decoy_;
};

}  // namespace tokenforge::users
