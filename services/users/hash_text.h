// Reading the text of a stored password hash: separators, numbers and binary fields, each in its
// one canonical spelling.
//
// Why: hashes come from other systems' exports, so every byte is hostile, and a lenient reader
// would take two texts for one hash. Nothing is skipped, trimmed or assumed. Pure; not thread-safe
// where it has a state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokenforge::users {

// A place in a text that it does not own. What is taken is behind it, and a failed Take moves
// nothing.
class HashText {
 public:
  explicit HashText(std::string_view text) : rest_(text) {}

  // Whether the text goes on with these characters; then they are taken.
  bool Take(std::string_view literal);
  // A decimal number from 1 to 4294967295 without sign or leading zeros.
  std::optional<std::uint32_t> TakeNumber();
  // What stands before the next `end`, which is taken too; nothing when there is no `end`.
  std::optional<std::string_view> TakeField(char end);
  // Everything that is left.
  std::string_view TakeRest();

 private:
  std::string_view rest_;
};

// Spellings of binary fields, all with the bits that belong to no byte being zero.
enum class BinaryText {
  kBase64,         // RFC 4648, 4, without padding: the PHC string format
  kPaddedBase64,   // the same with padding: Django
  kAdaptedBase64,  // without padding and with '.' in the place of '+': passlib
  kHex,            // either case: Werkzeug
  kCryptLittle,    // crypt(3)'s alphabet "./0-9A-Za-z", lowest bits first: $7$
};

// The bytes; nothing when the text is not spelled like that or empty.
std::optional<std::string> DecodeBinary(std::string_view text, BinaryText spelling);

// The value of one character of crypt(3)'s alphabet "./0-9A-Za-z".
std::optional<unsigned> CryptDigit(char c);

}  // namespace tokenforge::users
