#include "services/auth/status/html.h"

#include <limits>

namespace tokenforge::auth::status {
namespace {

constexpr std::string_view kUnshown = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

// One character at the front of a text: its bytes, and its code point, or no code point for a byte
// that begins none (RFC 3629: no surrogates, nothing overlong, nothing past U+10FFFF).
struct Character {
  std::size_t bytes = 1;
  char32_t code = std::numeric_limits<char32_t>::max();
};

Character First(std::string_view text) {
  const auto at = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {1, lead};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((at(i) & 0xC0) != 0x80) return {};
    code = (code << 6) | (at(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[bytes] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
  return {bytes, code};
}

bool IsShown(char32_t code) {
  if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
  const bool turns = (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
                     (code >= 0x2060 && code <= 0x206F) || code == 0x061C || code == 0xFEFF;
  return !turns && code <= 0x10FFFF;
}

void Append(std::string_view bytes, char32_t code, std::string& to) {
  switch (code) {
    case '&':
      to += "&amp;";
      return;
    case '<':
      to += "&lt;";
      return;
    case '>':
      to += "&gt;";
      return;
    case '"':
      to += "&quot;";
      return;
    case '\'':
      to += "&#39;";
      return;
    default:
      to += IsShown(code) ? bytes : kUnshown;
  }
}

}  // namespace

Html& Html::Raw(Literal markup) {
  text_ += markup.text();
  return *this;
}

Html& Html::Text(std::string_view text) {
  return Text(text, std::numeric_limits<std::size_t>::max());
}

Html& Html::Text(std::string_view text, std::size_t most) {
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == most) {
      text_ += kEllipsis;
      break;
    }
    const Character first = First(text);
    Append(text.substr(0, first.bytes), first.code, text_);
    text.remove_prefix(first.bytes);
  }
  return *this;
}

Html& Html::Number(std::int64_t number) {
  text_ += std::to_string(number);
  return *this;
}

}  // namespace tokenforge::auth::status
