#include "lib/telemetry/json_text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace tokenforge::telemetry {
namespace {

constexpr char32_t kInvalid = 0xffffffff;

struct Decoded {
  char32_t point;
  std::size_t size;
};

// One code point, refusing overlong forms, surrogates and what lies beyond U+10FFFF (RFC 3629).
Decoded DecodeUtf8(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return {kInvalid, 1};
  char32_t point = first & (0x7f >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {kInvalid, 1};
    point = point << 6 | (byte(i) & 0x3f);
  }
  constexpr std::array<char32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xd800 && point <= 0xdfff;
  if (point < kSmallest[size] || surrogate || point > 0x10ffff) return {kInvalid, 1};
  return {point, size};
}

// Attack: "\x1b[2K" or a bidirectional override in a name that rewrites what an operator sees.
bool IsDeceptive(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0xad || point == 0x61c ||
         (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
         (point >= 0x2060 && point <= 0x206f) || point == 0xfeff;
}

void AppendEscape(char32_t point, std::string* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  to->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) to->push_back(kDigits[(point >> shift) & 0x0f]);
}

void AppendPoint(const Decoded& decoded, std::string_view text, std::string* to) {
  if (decoded.point == kInvalid) {
    to->append("\xef\xbf\xbd");
  } else if (decoded.point == '\n') {
    to->append("\\n");
  } else if (decoded.point == '\t') {
    to->append("\\t");
  } else if (IsDeceptive(decoded.point)) {
    AppendEscape(decoded.point, to);
  } else {
    if (decoded.point == '"' || decoded.point == '\\') to->push_back('\\');
    to->append(text.substr(0, decoded.size));
  }
}

// Characters that stand for themselves; nearly all of a log line.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 0x7f; ++c) plain[static_cast<std::size_t>(c)] = c != '"' && c != '\\';
  return plain;
}();

std::size_t PlainPrefix(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && kPlain[static_cast<std::uint8_t>(text[size])]) ++size;
  return size;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* to) {
  const bool cut = text.size() > kMaxJsonString;
  to->push_back('"');
  std::size_t taken = 0;
  while (!text.empty() && taken < kMaxJsonString) {
    const std::size_t plain = PlainPrefix(text.substr(0, kMaxJsonString - taken));
    to->append(text.substr(0, plain));
    text.remove_prefix(plain);
    taken += plain;
    if (text.empty() || taken >= kMaxJsonString) break;
    const Decoded decoded = DecodeUtf8(text);
    AppendPoint(decoded, text, to);
    text.remove_prefix(decoded.size);
    taken += decoded.size;
  }
  if (cut) to->append("\xe2\x80\xa6");
  to->push_back('"');
}

void AppendJsonNumber(double number, std::string* to) {
  if (!std::isfinite(number)) {
    to->append("null");
    return;
  }
  std::array<char, 32> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  to->append(buffer.data(), result.ptr);
}

}  // namespace tokenforge::telemetry
