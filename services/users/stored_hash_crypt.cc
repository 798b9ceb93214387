// bcrypt and Argon2: hashes that password functions of their own write.
#include <algorithm>

#include "services/users/hash_text.h"
#include "services/users/stored_hash_formats.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kBcryptBytes = 60;
constexpr std::size_t kBcryptResultAt = 29;
constexpr std::size_t kMinArgon2SaltBytes = 8;  // RFC 9106, 3.1

bool IsDecimal(char c) { return c >= '0' && c <= '9'; }

// bcrypt has the same characters as crypt(3) in another order; the last four bits of 186 must be
// two spare zeros, which one character in four has.
bool EndsWithSpareZeros(std::string_view result) {
  constexpr std::string_view kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return kAlphabet.find(result.back()) % 4 == 0;
}

std::optional<Argon2Hash::Variety> TakeVariety(HashText& text) {
  if (text.Take("$argon2id$")) return Argon2Hash::Variety::kId;
  if (text.Take("$argon2i$")) return Argon2Hash::Variety::kI;
  return std::nullopt;
}

bool TakeArgon2Parameters(HashText& text, Argon2Hash& hash) {
  // Without a version it is the first one (1.0), as the format's specification says.
  hash.version = 0x10;
  if (text.Take("v=19$")) {
    hash.version = 0x13;
  } else {
    text.Take("v=16$");
  }
  if (!text.Take("m=")) return false;
  const auto memory = text.TakeNumber();
  if (!memory || !text.Take(",t=")) return false;
  const auto passes = text.TakeNumber();
  if (!passes || !text.Take(",p=")) return false;
  const auto lanes = text.TakeNumber();
  if (!lanes || !text.Take("$")) return false;
  hash.memory_kib = *memory;
  hash.passes = *passes;
  hash.lanes = *lanes;
  return true;
}

}  // namespace

std::optional<HashOrFault> ParseBcrypt(std::string_view text) {
  if (!text.starts_with("$2a$") && !text.starts_with("$2b$") && !text.starts_with("$2y$")) {
    return std::nullopt;
  }
  if (text.size() != kBcryptBytes || !IsDecimal(text[4]) || !IsDecimal(text[5]) || text[6] != '$') {
    return kMisspelled;
  }
  const std::string_view tail = text.substr(7);
  const auto known = [](char c) { return CryptDigit(c).has_value(); };
  if (!std::all_of(tail.begin(), tail.end(), known) || !EndsWithSpareZeros(tail)) {
    return kMisspelled;
  }
  BcryptHash hash;
  hash.cost = static_cast<unsigned>((text[4] - '0') * 10 + (text[5] - '0'));
  if (hash.cost < HashLimits::kMinBcryptCost) return kMisspelled;
  // One function under three names: a name tells which old library was fixed, and libxcrypt
  // computes $2a$ differently for some bytes, to spoil collisions that such a library made.
  hash.setting = "$2b$" + std::string(text.substr(4, kBcryptResultAt - 4));
  hash.result = secret::Secret(text.substr(kBcryptResultAt));
  return StoredHash::Form(std::move(hash));
}

std::optional<HashOrFault> ParseArgon2(std::string_view text) {
  HashText rest(text);
  const auto variety = TakeVariety(rest);
  if (!variety) return std::nullopt;
  Argon2Hash hash;
  hash.variety = *variety;
  if (!TakeArgon2Parameters(rest, hash)) return kMisspelled;
  const auto salt_text = rest.TakeField('$');
  if (!salt_text) return kMisspelled;
  auto salt = DecodeBinary(*salt_text, BinaryText::kBase64);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kBase64);
  if (!salt || !result) return kMisspelled;
  if (salt->size() < kMinArgon2SaltBytes) return kBadSalt;
  if (hash.memory_kib < 8 * std::uint64_t{hash.lanes}) return kMisspelled;  // RFC 9106, 3.1
  return Complete(std::move(hash), *std::move(salt), *std::move(result));
}

}  // namespace tokenforge::users
