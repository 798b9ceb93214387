// How new passwords are hashed, and which stored hashes are to be replaced.
//
// A policy is a function with its parameters: bcrypt with a cost, or one of two profiles of
// Argon2id that the OWASP Password Storage sheet calls equal. Changing it changes no stored hash;
// each account's is replaced at its next login, when the password is at hand (ADR 21).
// A plain value; thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/users/stored_hash.h"

namespace tokenforge::users {

class HashPolicy {
 public:
  static constexpr int kMinBcryptCost = 4;  // tests; anything below 10 is unfit for use
  static constexpr int kMaxBcryptCost = static_cast<int>(HashLimits::kMaxBcryptCost);
  static constexpr int kDefaultBcryptCost = 12;

  // A cost outside the bounds is a programming error and ends the process; configuration checks it
  // first.
  static HashPolicy Bcrypt(int cost = kDefaultBcryptCost);
  static HashPolicy Argon2id();    // 19 MiB, 2 passes
  static HashPolicy Argon2id46();  // 46 MiB, 1 pass; OWASP ASVS approves only this one

  // The words for `--password-hash`, and the policy of one of them.
  static std::vector<std::string> Names() { return {"bcrypt", "argon2id", "argon2id-46"}; }
  static std::optional<HashPolicy> Named(std::string_view name, int bcrypt_cost);

  // "bcrypt, cost 12" or "Argon2id, 19 MiB, 2 passes".
  std::string Description() const;
  // What one hash takes beside a few KiB.
  std::uint64_t MemoryBytes() const;
  // The longest password that the function reads whole.
  std::size_t MaxPasswordBytes() const;

  // What is to be computed for a new password: a fresh salt of 128 random bits, and a result of
  // zeros, as long as it will be.
  StoredHash::Form NewForm() const;
  // The text to store: `form`, which NewForm made, with the result that was computed for it.
  secret::Secret TextOf(const StoredHash::Form& form, const secret::Secret& result) const;

  // Whether a hash is at least as dear as a new one: the same function with no smaller parameter.
  bool Satisfies(const StoredHash& stored) const;

 private:
  struct Argon2Profile {
    std::uint32_t memory_kib = 0;
    std::uint32_t passes = 0;
  };
  explicit HashPolicy(int bcrypt_cost) : bcrypt_cost_(bcrypt_cost) {}
  explicit HashPolicy(Argon2Profile profile) : argon2_(profile) {}

  int bcrypt_cost_ = 0;  // 0: Argon2id
  Argon2Profile argon2_;
};

}  // namespace tokenforge::users
