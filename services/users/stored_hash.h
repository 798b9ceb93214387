// A stored password hash, taken apart: which function, with which parameters, salt and result.
//
// Why a type: hashes come from other systems too (ImportUsers), and what computes them must never
// meet a text that nobody checked. Parse is the only way in. It takes apart and never computes, so
// that a hostile import costs microseconds, and it refuses what comparing would cost too much: a
// StoredHash can always be computed within the limits below. The limits are for a hash that was
// made elsewhere; they are not advice (docs/passwords.md).
//
// Understood, each spelled in exactly one way:
//   bcrypt        $2a$ $2b$ $2y$ (one function under three names; spare bits of the salt may be
//                 set, as some libraries left them)
//   Argon2i, id   $argon2id$v=19$m=19456,t=2,p=1$salt$hash, any lanes; v=16, or none, is the older
//   scrypt        $scrypt$ln=17,r=8,p=1$salt$hash (PHC, passlib), $7$ (crypt), scrypt$salt$N$r$p$…
//                 (Django), scrypt:N:r:p$salt$hex (Werkzeug)
//   PBKDF2        with HMAC-SHA-256 or -512: $pbkdf2-sha256$i=… (PHC), $pbkdf2-sha256$29000$…
//                 (passlib), pbkdf2_sha256$… (Django), pbkdf2:sha256:…$ (Werkzeug)
//
// Plain values, owned; the result is the only secret. Const access is thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {

// Limits of what Parse accepts.
struct HashLimits {
  static constexpr std::size_t kTextBytes = 512;
  static constexpr std::size_t kMinSaltBytes = 4;  // NIST SP 800-63B-4, 3.1.1.2; Argon2: 8
  static constexpr std::size_t kMaxSaltBytes = 128;
  static constexpr std::size_t kMinResultBytes = 16;  // shorter ones can be guessed by themselves
  static constexpr std::size_t kMaxResultBytes = 64;
  static constexpr unsigned kMinBcryptCost = 4;
  static constexpr unsigned kMaxBcryptCost = 14;  // a second
  static constexpr std::uint64_t kMemoryBytes = std::uint64_t{256} << 20;
  static constexpr std::uint64_t kArgon2Work = std::uint64_t{1} << 20;  // KiB × passes: a second
  static constexpr std::uint32_t kArgon2Lanes = 64;                     // computed one by one
  static constexpr std::uint64_t kScryptWork = std::uint64_t{1} << 22;  // N × r × p: two seconds
  static constexpr std::uint64_t kPbkdf2Work = 2'000'000;  // iterations × blocks: two seconds
};

// libxcrypt takes text and gives text, so these fields are text.
struct BcryptHash {
  unsigned cost = 0;
  std::string setting;    // "$2b$12$" and 22 characters of salt, whatever name it came under
  secret::Secret result;  // 31 characters
};

struct Argon2Hash {
  enum class Variety { kI, kId };
  Variety variety = Variety::kId;
  unsigned version = 0x13;  // or 0x10
  std::uint32_t memory_kib = 0;
  std::uint32_t passes = 0;
  std::uint32_t lanes = 0;
  std::string salt;
  secret::Secret result;
};

struct ScryptHash {
  unsigned log_n = 0;  // N is 2 to the power of this
  std::uint32_t r = 0;
  std::uint32_t p = 0;
  std::string salt;
  secret::Secret result;
};

struct Pbkdf2Hash {
  enum class Digest { kSha256, kSha512 };
  Digest digest = Digest::kSha256;
  std::uint32_t iterations = 0;
  std::string salt;
  secret::Secret result;
};

class StoredHash {
 public:
  using Form = std::variant<BcryptHash, Argon2Hash, ScryptHash, Pbkdf2Hash>;

  // INVALID_FIELD of `password_hash` when the text is of no kind above, is misspelled, or asks for
  // more than the limits; the message says which, and holds nothing of the text.
  static absl::StatusOr<StoredHash> Parse(std::string_view text);

  const Form& form() const { return form_; }
  // What computing it takes beside a few KiB.
  std::uint64_t MemoryBytes() const;

 private:
  explicit StoredHash(Form form) : form_(std::move(form)) {}
  Form form_;
};

// OK when accounts may be imported with this hash; else what Parse says. Computes nothing.
absl::Status CheckImportableHash(std::string_view text);

}  // namespace tokenforge::users
