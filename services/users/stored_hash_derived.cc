// scrypt and PBKDF2: key derivation functions, whose users each invented a way of writing them.
#include <bit>

#include "services/users/hash_text.h"
#include "services/users/stored_hash_formats.h"

namespace tokenforge::users {
namespace {

constexpr unsigned kMaxLogN = 24;  // far beyond the limit of memory, and safe to shift by
constexpr std::size_t kCryptResultBytes = 32;
constexpr std::uint32_t kMaxScryptR = 1 << 20;

// N is written as itself: a power of two, at least 2.
std::optional<unsigned> LogOf(std::optional<std::uint32_t> n) {
  if (!n || *n < 2 || !std::has_single_bit(*n)) return std::nullopt;
  return static_cast<unsigned>(std::countr_zero(*n));
}

HashOrFault CompleteScrypt(std::optional<unsigned> log_n, std::optional<std::uint32_t> r,
                           std::optional<std::uint32_t> p, std::optional<std::string> salt,
                           std::optional<std::string> result) {
  if (!log_n || !r || !p || !salt || !result) return kMisspelled;
  if (*log_n > kMaxLogN || *r > kMaxScryptR) {
    return HashFault{"asks for more than 256 MiB of memory"};
  }
  if (*log_n >= 16 * std::uint64_t{*r}) return kMisspelled;  // RFC 7914, 2: N < 2^(128 r / 8)
  return Complete(ScryptHash{.log_n = *log_n, .r = *r, .p = *p, .salt = {}, .result = {}},
                  *std::move(salt), *std::move(result));
}

HashOrFault CompletePbkdf2(Pbkdf2Hash::Digest digest, std::optional<std::uint32_t> iterations,
                           std::optional<std::string> salt, std::optional<std::string> result) {
  if (!iterations || !salt || !result) return kMisspelled;
  return Complete(Pbkdf2Hash{.digest = digest, .iterations = *iterations, .salt = {}, .result = {}},
                  *std::move(salt), *std::move(result));
}

std::optional<Pbkdf2Hash::Digest> TakePrefix(HashText& text, std::string_view before,
                                             std::string_view after) {
  if (text.Take(std::string(before).append("sha256").append(after))) {
    return Pbkdf2Hash::Digest::kSha256;
  }
  if (text.Take(std::string(before).append("sha512").append(after))) {
    return Pbkdf2Hash::Digest::kSha512;
  }
  return std::nullopt;
}

// A number and what must stand behind it.
std::optional<std::uint32_t> TakeNumberThen(HashText& text, std::string_view behind) {
  const auto number = text.TakeNumber();
  return number && text.Take(behind) ? number : std::nullopt;
}

// A salt that is used as it is written.
std::optional<std::string> TakeTextSalt(HashText& text) {
  const auto field = text.TakeField('$');
  if (!field) return std::nullopt;
  return std::string(*field);
}

std::optional<std::string> TakeBinarySalt(HashText& text, BinaryText spelling) {
  const auto field = text.TakeField('$');
  return field ? DecodeBinary(*field, spelling) : std::nullopt;
}

// Thirty bits in five characters, lowest first.
std::optional<std::uint32_t> CryptNumber(std::string_view digits) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = CryptDigit(digits[i]);
    if (!digit) return std::nullopt;
    number |= *digit << (6 * i);
  }
  return number > 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<HashOrFault> ParseScryptPhc(std::string_view text) {
  HashText rest(text);
  if (!rest.Take("$scrypt$ln=")) return std::nullopt;
  const auto log_n = TakeNumberThen(rest, ",r=");
  if (!log_n) return kMisspelled;
  const auto r = TakeNumberThen(rest, ",p=");
  if (!r) return kMisspelled;
  const auto p = TakeNumberThen(rest, "$");
  if (!p) return kMisspelled;
  auto salt = TakeBinarySalt(rest, BinaryText::kBase64);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kBase64);
  return CompleteScrypt(*log_n, r, p, std::move(salt), std::move(result));
}

std::optional<HashOrFault> ParseScryptCrypt(std::string_view text) {
  HashText rest(text);
  if (!rest.Take("$7$")) return std::nullopt;
  const auto head = rest.TakeField('$');  // N in one character, r and p in five each, the salt
  if (!head || head->size() < 11) return kMisspelled;
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kCryptLittle);
  const auto log_n = CryptDigit((*head)[0]);
  if (!log_n || *log_n == 0 || !result || result->size() != kCryptResultBytes) return kMisspelled;
  return CompleteScrypt(log_n, CryptNumber(head->substr(1, 5)), CryptNumber(head->substr(6, 5)),
                        std::string(head->substr(11)), std::move(result));
}

std::optional<HashOrFault> ParseScryptDjango(std::string_view text) {
  HashText rest(text);
  if (!rest.Take("scrypt$")) return std::nullopt;
  auto salt = TakeTextSalt(rest);
  const auto log_n = LogOf(TakeNumberThen(rest, "$"));
  const auto r = TakeNumberThen(rest, "$");
  const auto p = TakeNumberThen(rest, "$");
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kPaddedBase64);
  return CompleteScrypt(log_n, r, p, std::move(salt), std::move(result));
}

std::optional<HashOrFault> ParseScryptWerkzeug(std::string_view text) {
  HashText rest(text);
  if (!rest.Take("scrypt:")) return std::nullopt;
  const auto log_n = LogOf(TakeNumberThen(rest, ":"));
  const auto r = TakeNumberThen(rest, ":");
  const auto p = TakeNumberThen(rest, "$");
  auto salt = TakeTextSalt(rest);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kHex);
  return CompleteScrypt(log_n, r, p, std::move(salt), std::move(result));
}

std::optional<HashOrFault> ParsePbkdf2Phc(std::string_view text) {
  HashText rest(text);
  const auto digest = TakePrefix(rest, "$pbkdf2-", "$");
  if (!digest) return std::nullopt;
  if (!rest.Take("i=")) {
    const auto iterations = TakeNumberThen(rest, "$");
    auto salt = TakeBinarySalt(rest, BinaryText::kAdaptedBase64);
    auto result = DecodeBinary(rest.TakeRest(), BinaryText::kAdaptedBase64);
    return CompletePbkdf2(*digest, iterations, std::move(salt), std::move(result));
  }
  const auto iterations = rest.TakeNumber();
  if (!iterations) return kMisspelled;
  std::optional<std::uint32_t> length;
  if (rest.Take(",l=") && !(length = rest.TakeNumber())) return kMisspelled;
  if (!rest.Take("$")) return kMisspelled;
  auto salt = TakeBinarySalt(rest, BinaryText::kBase64);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kBase64);
  if (length && result && result->size() != *length) return kMisspelled;
  return CompletePbkdf2(*digest, iterations, std::move(salt), std::move(result));
}

std::optional<HashOrFault> ParsePbkdf2Django(std::string_view text) {
  HashText rest(text);
  const auto digest = TakePrefix(rest, "pbkdf2_", "$");
  if (!digest) return std::nullopt;
  const auto iterations = TakeNumberThen(rest, "$");
  auto salt = TakeTextSalt(rest);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kPaddedBase64);
  return CompletePbkdf2(*digest, iterations, std::move(salt), std::move(result));
}

std::optional<HashOrFault> ParsePbkdf2Werkzeug(std::string_view text) {
  HashText rest(text);
  const auto digest = TakePrefix(rest, "pbkdf2:", ":");
  if (!digest) return std::nullopt;
  const auto iterations = TakeNumberThen(rest, "$");
  auto salt = TakeTextSalt(rest);
  auto result = DecodeBinary(rest.TakeRest(), BinaryText::kHex);
  return CompletePbkdf2(*digest, iterations, std::move(salt), std::move(result));
}

}  // namespace tokenforge::users
