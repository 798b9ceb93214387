#include "services/users/stored_hash.h"

#include <algorithm>

#include "lib/errors/errors.h"
#include "services/users/stored_hash_formats.h"

namespace tokenforge::users {
namespace {

constexpr HashFormat kFormats[] = {ParseBcrypt,      ParseArgon2,       ParseScryptPhc,
                                   ParseScryptCrypt, ParseScryptDjango, ParseScryptWerkzeug,
                                   ParsePbkdf2Phc,   ParsePbkdf2Django, ParsePbkdf2Werkzeug};

constexpr HashFault kTooMuchMemory{"asks for more than 256 MiB of memory"};
constexpr HashFault kTooMuchWork{"asks for more work than a login may cost"};

std::uint64_t MemoryOf(const BcryptHash&) { return 0; }
std::uint64_t MemoryOf(const Argon2Hash& hash) { return std::uint64_t{hash.memory_kib} << 10; }
std::uint64_t MemoryOf(const ScryptHash& hash) {
  // What OpenSSL allocates: the big table, one block beside it, and one for each of p.
  return 128 * std::uint64_t{hash.r} * ((std::uint64_t{1} << hash.log_n) + 2 + hash.p);
}
std::uint64_t MemoryOf(const Pbkdf2Hash&) { return 0; }

bool WorksTooHard(const BcryptHash& hash) { return hash.cost > HashLimits::kMaxBcryptCost; }
bool WorksTooHard(const Argon2Hash& hash) {
  return hash.lanes > HashLimits::kArgon2Lanes ||
         std::uint64_t{hash.memory_kib} * hash.passes > HashLimits::kArgon2Work;
}
// The fields are bounded before they are multiplied: nothing here can wrap round.
bool WorksTooHard(const ScryptHash& hash) {
  const std::uint64_t both = std::uint64_t{hash.r} * hash.p;
  return both > HashLimits::kScryptWork || (both << hash.log_n) > HashLimits::kScryptWork;
}
bool WorksTooHard(const Pbkdf2Hash& hash) {
  const std::size_t block = hash.digest == Pbkdf2Hash::Digest::kSha256 ? 32 : 64;
  const std::uint64_t blocks = (hash.result.size() + block - 1) / block;
  return hash.iterations * blocks > HashLimits::kPbkdf2Work;
}

absl::Status Faulty(HashFault fault) {
  return errors::InvalidFields({{"password_hash", std::string(fault.text)}});
}

bool IsVisibleAscii(char c) { return c > ' ' && c <= '~'; }

std::optional<HashOrFault> ParseAny(std::string_view text) {
  for (const HashFormat format : kFormats) {
    if (std::optional<HashOrFault> parsed = format(text)) return parsed;
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<StoredHash> StoredHash::Parse(std::string_view text) {
  if (text.size() > HashLimits::kTextBytes) return Faulty({"is longer than 512 bytes"});
  std::optional<HashOrFault> parsed = ParseAny(text);
  if (!parsed) {
    return Faulty(
        {"is of no kind that is known: use bcrypt, Argon2i or Argon2id, scrypt, or PBKDF2 "
         "with SHA-256 or SHA-512"});
  }
  // Neither salts that are used as text nor libraries that decode binary fields are trusted with
  // more: libsodium takes some bytes beyond ASCII for base64, and SQL cuts texts at a NUL.
  if (!std::all_of(text.begin(), text.end(), IsVisibleAscii)) return Faulty(kMisspelled);
  if (const auto* fault = std::get_if<HashFault>(&*parsed)) return Faulty(*fault);
  StoredHash hash(std::get<Form>(*std::move(parsed)));
  if (std::visit([](const auto& form) { return WorksTooHard(form); }, hash.form_)) {
    return Faulty(kTooMuchWork);
  }
  if (hash.MemoryBytes() > HashLimits::kMemoryBytes) return Faulty(kTooMuchMemory);
  return hash;
}

std::uint64_t StoredHash::MemoryBytes() const {
  return std::visit([](const auto& form) { return MemoryOf(form); }, form_);
}

absl::Status CheckImportableHash(std::string_view text) { return StoredHash::Parse(text).status(); }

}  // namespace tokenforge::users
