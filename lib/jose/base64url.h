// base64url as RFC 7515 wants it: no padding, no whitespace, no `+` or `/`, and no spare bits.
//
// Strict, because a second spelling of the same token defeats every list of tokens by text: each
// byte string has exactly one encoding, and only that one is decoded. Pure; thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokenforge::jose::base64url {

// How many characters encode `bytes` bytes, and how many bytes `characters` characters decode to.
constexpr std::size_t EncodedSize(std::size_t bytes) {
  return bytes / 3 * 4 + (bytes % 3 * 4 + 2) / 3;
}
constexpr std::size_t DecodedSize(std::size_t characters) {
  return characters / 4 * 3 + characters % 4 * 3 / 4;
}

// Appends the encoding of `bytes`, which must not be part of `to`.
void Append(std::string_view bytes, std::string& to);
std::string Encode(std::string_view bytes);

// Decodes into a buffer of DecodedSize(text.size()) bytes. False, with the buffer's content
// undefined, for anything that Encode would not have written.
bool DecodeTo(std::string_view text, char* to);
std::optional<std::string> Decode(std::string_view text);

}  // namespace tokenforge::jose::base64url
