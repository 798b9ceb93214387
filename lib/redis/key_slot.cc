#include "lib/redis/key_slot.h"

#include <array>

namespace tokenforge::redis {
namespace {

constexpr std::uint16_t kPolynomial = 0x1021;

constexpr std::array<std::uint16_t, 256> MakeTable() {
  std::array<std::uint16_t, 256> table = {};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned remainder = byte << 8;
    for (int bit = 0; bit < 8; ++bit) {
      remainder = (remainder & 0x8000U) != 0 ? (remainder << 1) ^ kPolynomial : remainder << 1;
    }
    table[byte] = static_cast<std::uint16_t>(remainder);
  }
  return table;
}

constexpr std::array<std::uint16_t, 256> kTable = MakeTable();

std::string_view Tagged(std::string_view key) {
  const size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const size_t close = key.find('}', open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

}  // namespace

std::uint16_t Crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char c : bytes) {
    crc = (crc << 8) ^ kTable[((crc >> 8) ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return static_cast<std::uint16_t>(crc);
}

int SlotOf(std::string_view key) { return Crc16(Tagged(key)) % kSlots; }

}  // namespace tokenforge::redis
