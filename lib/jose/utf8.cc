#include "lib/jose/utf8.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace tokenforge::jose {
namespace {

constexpr std::uint64_t Repeat(unsigned char byte) { return 0x0101010101010101u * byte; }

// Whether some byte of the word is above 7F, below 20 or a backslash. Exact when it says no.
bool NeedsALook(std::uint64_t word) {
  const std::uint64_t high = Repeat(0x80);
  const std::uint64_t controls = word - Repeat(0x20);
  const std::uint64_t no_backslash = word ^ Repeat('\\');
  return ((word | controls | (no_backslash - Repeat(1))) & high) != 0;
}

bool IsPlain(std::string_view text) {
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + at, 8);
    if (NeedsALook(word)) return false;
  }
  return std::all_of(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 && byte < 0x80 && c != '\\';
  });
}

bool IsForbiddenControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

struct Range {
  unsigned char low, high;
};

// How many continuation bytes follow this first byte, and in which range the first of them lies
// (RFC 3629, section 4).
int Continuations(unsigned char first, Range& range) {
  range = {0x80, 0xbf};
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first == 0xe0) range.low = 0xa0;   // overlong below
  if (first == 0xed) range.high = 0x9f;  // surrogates above
  if (first >= 0xe0 && first <= 0xef) return 2;
  if (first == 0xf0) range.low = 0x90;   // overlong below
  if (first == 0xf4) range.high = 0x8f;  // beyond U+10FFFF above
  if (first >= 0xf0 && first <= 0xf4) return 3;
  return -1;
}

}  // namespace

bool IsUtf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    Range range{};
    const int more = Continuations(static_cast<unsigned char>(text[at++]), range);
    if (more < 0 || text.size() - at < static_cast<std::size_t>(more)) return false;
    for (int i = 0; i < more; ++i, range = {0x80, 0xbf}) {
      const auto byte = static_cast<unsigned char>(text[at++]);
      if (byte < range.low || byte > range.high) return false;
    }
  }
  return true;
}

bool IsCleanText(std::string_view text) {
  return text.find('\0') == std::string_view::npos && IsUtf8(text);
}

bool IsPrintableText(std::string_view text) {
  bool controls = false, ascii = true;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    controls |= byte < 0x20 || byte == 0x7f;
    ascii &= byte < 0x80;
  }
  return !controls && (ascii || IsUtf8(text));
}

TextKind JudgeJsonText(std::string_view text) {
  if (IsPlain(text)) return TextKind::kPlain;
  if (std::any_of(text.begin(), text.end(), IsForbiddenControl)) return TextKind::kInvalid;
  return IsUtf8(text) ? TextKind::kRich : TextKind::kInvalid;
}

}  // namespace tokenforge::jose
