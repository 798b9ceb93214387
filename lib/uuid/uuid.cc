#include "lib/uuid/uuid.h"

#include <cstdint>

#include "lib/secret/random.h"

namespace tokenforge::uuid {
namespace {

// Where the dashes of 8-4-4-4-12 stand.
constexpr bool IsDash(std::size_t position) {
  return position == 8 || position == 13 || position == 18 || position == 23;
}

// -1 for anything but 0-9 and a-f.
constexpr int FromHex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

void Mark(Uuid::Bytes& bytes, unsigned version) {
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
}

}  // namespace

Uuid Uuid::Random() {
  Bytes bytes;
  secret::Fill(bytes);
  Mark(bytes, 4);
  return Uuid(bytes);
}

Uuid Uuid::Ordered(std::chrono::system_clock::time_point now) {
  Bytes bytes;
  secret::Fill(bytes);
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  auto milliseconds = static_cast<std::uint64_t>(since_epoch.count());
  for (int i = 5; i >= 0; --i, milliseconds >>= 8) {
    bytes[static_cast<std::size_t>(i)] = static_cast<unsigned char>(milliseconds);
  }
  Mark(bytes, 7);
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::Parse(std::string_view text) {
  if (text.size() != kTextSize) return std::nullopt;
  Bytes bytes;
  std::size_t at = 0;
  for (unsigned char& byte : bytes) {
    if (IsDash(at) && text[at++] != '-') return std::nullopt;
    const int high = FromHex(text[at]);
    const int low = FromHex(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    byte = static_cast<unsigned char>(high << 4 | low);
    at += 2;
  }
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text(kTextSize, '-');
  std::size_t at = 0;
  for (const unsigned char byte : bytes_) {
    if (IsDash(at)) ++at;
    text[at++] = kDigits[byte >> 4];
    text[at++] = kDigits[byte & 0x0f];
  }
  return text;
}

}  // namespace tokenforge::uuid
