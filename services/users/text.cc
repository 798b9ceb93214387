#include "services/users/text.h"

#include <cstdint>

namespace tokenforge::users {
namespace {

// Takes one code point off the front; nothing when the bytes there are not one.
std::optional<char32_t> TakeCodePoint(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  std::size_t size = 1;
  char32_t value = first;
  char32_t smallest = 0;  // below it the form is overlong
  if (first >= 0xF0 && first < 0xF8) {
    size = 4, value = first & 0x07, smallest = 0x10000;
  } else if (first >= 0xE0 && first < 0xF0) {
    size = 3, value = first & 0x0F, smallest = 0x800;
  } else if (first >= 0xC0 && first < 0xE0) {
    size = 2, value = first & 0x1F, smallest = 0x80;
  } else if (first >= 0x80) {
    return std::nullopt;
  }
  if (text.size() < size) return std::nullopt;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
    value = (value << 6) | (byte(i) & 0x3F);
  }
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < smallest || value > 0x10FFFF || surrogate) return std::nullopt;
  text.remove_prefix(size);
  return value;
}

bool IsControl(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace

std::optional<std::size_t> CountCodePoints(std::string_view text) {
  std::size_t count = 0;
  while (!text.empty()) {
    if (!TakeCodePoint(text)) return std::nullopt;
    ++count;
  }
  return count;
}

bool HoldsControlCharacter(std::string_view text) {
  while (!text.empty()) {
    const std::optional<char32_t> c = TakeCodePoint(text);
    if (!c || IsControl(*c)) return true;
  }
  return false;
}

}  // namespace tokenforge::users
