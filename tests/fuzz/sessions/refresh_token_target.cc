#include <algorithm>
#include <cstdlib>
#include <string>

#include "services/sessions/refresh_token.h"
#include "tests/fuzz/sessions/targets.h"

namespace tokenforge::fuzz {
namespace {

using sessions::RefreshClaims;
using sessions::RefreshTokens;

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kClaimsBytes = 2 * kIdBytes + 4;

secret::Secret Key(char letter) {
  return secret::Secret::Take(std::string(RefreshTokens::kKeySize, letter));
}

RefreshTokens Keys(char first, char second) {
  std::vector<secret::Secret> keys;
  keys.push_back(Key(first));
  keys.push_back(Key(second));
  return RefreshTokens(std::move(keys));
}

std::string Text(const RefreshTokens& tokens, const RefreshClaims& claims) {
  return std::string(tokens.Encode(claims).Expose());
}

RefreshClaims ClaimsFrom(std::string_view bytes) {
  const auto id = [&bytes](std::size_t at) {
    uuid::Uuid::Bytes raw;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kIdBytes, raw.begin());
    return uuid::Uuid(raw);
  };
  RefreshClaims claims{id(0), id(kIdBytes), 0};
  for (std::size_t i = 2 * kIdBytes; i < kClaimsBytes; ++i)
    claims.generation = claims.generation << 8 | static_cast<unsigned char>(bytes[i]);
  return claims;
}

}  // namespace

bool CheckRefreshToken(std::string_view bytes) {
  static const RefreshTokens tokens = Keys('a', 'b');
  static const RefreshTokens turned = Keys('b', 'a');

  const auto parsed = tokens.Parse(bytes);
  if (parsed.ok() && bytes != Text(tokens, *parsed) && bytes != Text(turned, *parsed)) std::abort();
  if (parsed.ok() != turned.Parse(bytes).ok()) std::abort();

  if (bytes.size() < kClaimsBytes + 2) return parsed.ok();
  const RefreshClaims claims = ClaimsFrom(bytes);
  std::string text = Text(tokens, claims);
  for (const RefreshTokens* reader : {&tokens, &turned}) {
    const auto read = reader->Parse(text);
    if (!read.ok() || !(*read == claims)) std::abort();
  }
  char& changed = text[static_cast<unsigned char>(bytes[kClaimsBytes]) % text.size()];
  if (changed == bytes[kClaimsBytes + 1]) return parsed.ok();
  changed = bytes[kClaimsBytes + 1];
  if (tokens.Parse(text).ok()) std::abort();
  return parsed.ok();
}

}  // namespace tokenforge::fuzz
