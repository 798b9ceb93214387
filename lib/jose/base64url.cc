#include "lib/jose/base64url.h"

#include <array>
#include <cstdint>

namespace tokenforge::jose::base64url {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A bit that no decoded group has: any character outside the alphabet sets it.
constexpr std::uint32_t kInvalid = 1u << 31;

// What each character adds to the 24 bits of its group, by its place in the group.
using Table = std::array<std::uint32_t, 256>;
constexpr Table MakeTable(int shift) {
  Table table{};
  table.fill(kInvalid);
  for (std::uint32_t i = 0; i < kAlphabet.size(); ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = i << shift;
  }
  return table;
}
constexpr Table kFirst = MakeTable(18);
constexpr Table kSecond = MakeTable(12);
constexpr Table kThird = MakeTable(6);
constexpr Table kFourth = MakeTable(0);

// The last two or three characters. Their unused low bits must be zero, or one byte string would
// have many encodings.
bool DecodeTail(const unsigned char* in, std::size_t left, char* to) {
  if (left == 0) return true;
  if (left == 1) return false;
  const std::uint32_t bits = kFirst[in[0]] | kSecond[in[1]] | (left == 3 ? kThird[in[2]] : 0u);
  const std::uint32_t spare = left == 3 ? 0xffu : 0xffffu;
  if ((bits & (kInvalid | spare)) != 0) return false;
  to[0] = static_cast<char>(bits >> 16);
  if (left == 3) to[1] = static_cast<char>(bits >> 8);
  return true;
}

}  // namespace

void Append(std::string_view bytes, std::string& to) {
  const std::size_t before = to.size();
  to.resize(before + EncodedSize(bytes.size()));
  char* out = to.data() + before;
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3) {
    const std::uint32_t bits = std::uint32_t{in[0]} << 16 | std::uint32_t{in[1]} << 8 | in[2];
    *out++ = kAlphabet[bits >> 18];
    *out++ = kAlphabet[bits >> 12 & 63];
    *out++ = kAlphabet[bits >> 6 & 63];
    *out++ = kAlphabet[bits & 63];
  }
  if (left == 0) return;
  const std::uint32_t bits =
      std::uint32_t{in[0]} << 16 | (left == 2 ? std::uint32_t{in[1]} << 8 : 0u);
  *out++ = kAlphabet[bits >> 18];
  *out++ = kAlphabet[bits >> 12 & 63];
  if (left == 2) *out++ = kAlphabet[bits >> 6 & 63];
}

std::string Encode(std::string_view bytes) {
  std::string text;
  Append(bytes, text);
  return text;
}

bool DecodeTo(std::string_view text, char* to) {
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  std::uint32_t seen = 0;  // one test at the end is cheaper than one per group
  std::size_t left = text.size();
  for (; left >= 4; left -= 4, in += 4, to += 3) {
    const std::uint32_t bits = kFirst[in[0]] | kSecond[in[1]] | kThird[in[2]] | kFourth[in[3]];
    seen |= bits;
    to[0] = static_cast<char>(bits >> 16);
    to[1] = static_cast<char>(bits >> 8);
    to[2] = static_cast<char>(bits);
  }
  return DecodeTail(in, left, to) && (seen & kInvalid) == 0;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string bytes(DecodedSize(text.size()), '\0');
  if (!DecodeTo(text, bytes.data())) return std::nullopt;
  return bytes;
}

}  // namespace tokenforge::jose::base64url
