#include "services/users/hash_text.h"

#include <sodium.h>

#include <charconv>

namespace tokenforge::users {
namespace {

std::optional<std::string> DecodeBase64(std::string_view text, int variant) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  // No characters to ignore and no end wanted: all of the text must be base64, its spare bits zero.
  const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                       text.data(), text.size(), nullptr, &size, nullptr, variant);
  if (failed != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

std::optional<std::string> DecodeAdapted(std::string_view text) {
  if (text.find('+') != std::string_view::npos) return std::nullopt;
  std::string standard(text);
  for (char& c : standard) c = c == '.' ? '+' : c;
  return DecodeBase64(standard, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

std::optional<std::string> DecodeHex(std::string_view text) {
  std::string bytes(text.size() / 2, '\0');
  std::size_t size = 0;
  const int failed = sodium_hex2bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                                    text.data(), text.size(), nullptr, &size, nullptr);
  if (failed != 0 || size != bytes.size()) return std::nullopt;
  return bytes;
}

std::optional<std::string> DecodeCryptLittle(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (const char c : text) {
    const std::optional<unsigned> digit = CryptDigit(c);
    if (!digit) return std::nullopt;
    bits |= *digit << held;
    held += 6;
    if (held < 8) continue;
    bytes.push_back(static_cast<char>(bits & 0xFF));
    bits >>= 8;
    held -= 8;
  }
  // A digit more than the bytes need, or a spare bit that is set, would be a second spelling.
  if (held >= 6 || bits != 0) return std::nullopt;
  return bytes;
}

}  // namespace

bool HashText::Take(std::string_view literal) {
  if (!rest_.starts_with(literal)) return false;
  rest_.remove_prefix(literal.size());
  return true;
}

std::optional<std::uint32_t> HashText::TakeNumber() {
  if (rest_.empty() || rest_.front() < '1' || rest_.front() > '9') return std::nullopt;
  std::uint32_t number = 0;
  const auto [end, fault] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
  if (fault != std::errc()) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
  return number;
}

std::optional<std::string_view> HashText::TakeField(char end) {
  const std::size_t size = rest_.find(end);
  if (size == std::string_view::npos) return std::nullopt;
  const std::string_view field = rest_.substr(0, size);
  rest_.remove_prefix(size + 1);
  return field;
}

std::string_view HashText::TakeRest() {
  const std::string_view all = rest_;
  rest_ = {};
  return all;
}

std::optional<unsigned> CryptDigit(char c) {
  if (c == '.' || c == '/') return static_cast<unsigned>(c - '.');
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0') + 2;
  if (c >= 'A' && c <= 'Z') return static_cast<unsigned>(c - 'A') + 12;
  if (c >= 'a' && c <= 'z') return static_cast<unsigned>(c - 'a') + 38;
  return std::nullopt;
}

std::optional<std::string> DecodeBinary(std::string_view text, BinaryText spelling) {
  if (text.empty()) return std::nullopt;
  switch (spelling) {
    case BinaryText::kBase64:
      return DecodeBase64(text, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    case BinaryText::kPaddedBase64:
      return DecodeBase64(text, sodium_base64_VARIANT_ORIGINAL);
    case BinaryText::kAdaptedBase64:
      return DecodeAdapted(text);
    case BinaryText::kHex:
      return DecodeHex(text);
    case BinaryText::kCryptLittle:
      return DecodeCryptLittle(text);
  }
  return std::nullopt;
}

}  // namespace tokenforge::users
