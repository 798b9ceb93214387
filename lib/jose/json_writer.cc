#include "lib/jose/json_writer.h"

#include <utility>

namespace tokenforge::jose {
namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void JsonWriter::Text(std::string_view name, std::string_view value) {
  Name(name);
  Quoted(value);
}

void JsonWriter::Number(std::string_view name, std::int64_t value) {
  Name(name);
  text_ += std::to_string(value);
}

void JsonWriter::List(std::string_view name, std::span<const std::string> values) {
  Name(name);
  text_ += '[';
  for (const std::string& value : values) {
    if (text_.back() != '[') text_ += ',';
    Quoted(value);
  }
  text_ += ']';
}

std::string JsonWriter::Take() && {
  text_ += text_.empty() ? "{}" : "}";
  return std::move(text_);
}

void JsonWriter::Name(std::string_view name) {
  text_ += text_.empty() ? '{' : ',';
  Quoted(name);
  text_ += ':';
}

void JsonWriter::Quoted(std::string_view text) {
  constexpr char kDigits[] = "0123456789abcdef";
  text_ += '"';
  for (std::size_t from = 0; from < text.size();) {
    std::size_t to = from;
    while (to < text.size() && !NeedsEscape(text[to])) ++to;
    text_.append(text.substr(from, to - from));
    from = to;
    if (to == text.size()) break;
    const char c = text[from++];
    text_ += '\\';
    if (c == '"' || c == '\\') {
      text_ += c;
    } else {
      text_.append("u00").append({kDigits[c >> 4], kDigits[c & 0x0f]});
    }
  }
  text_ += '"';
}

}  // namespace tokenforge::jose
