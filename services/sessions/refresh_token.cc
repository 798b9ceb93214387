#include "services/sessions/refresh_token.h"

#include <algorithm>
#include <cstdlib>

#include "lib/errors/errors.h"
#include "lib/jose/base64url.h"

namespace tokenforge::sessions {
namespace {

constexpr std::string_view kPrefix = "tfr_";
constexpr char kVersion = 1;
constexpr size_t kKeyIdSize = 4;
constexpr size_t kMacSize = 32;
constexpr size_t kSigned = 1 + kKeyIdSize + 16 + 16 + 4;  // everything before the MAC
constexpr size_t kSize = kSigned + kMacSize;
constexpr size_t kTextSize = kPrefix.size() + jose::base64url::EncodedSize(kSize);

absl::Status Invalid() {
  return errors::Make(errors::reasons::REFRESH_TOKEN_INVALID, "log in again");
}

std::string_view AsView(const uuid::Uuid::Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uuid::Uuid UuidAt(std::string_view bytes, size_t at) {
  uuid::Uuid::Bytes id;
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), id.size(), id.begin());
  return uuid::Uuid(id);
}

}  // namespace

RefreshTokens::RefreshTokens(std::vector<secret::Secret> keys) {
  if (keys.empty()) std::abort();
  for (const secret::Secret& key : keys) {
    if (key.size() != kKeySize) std::abort();
    secret::HmacKey mac(key);
    const secret::Digest name = mac.Sign("tokenforge refresh-token key id");
    KeyId id;
    std::copy_n(secret::AsBytes(name).begin(), id.size(), id.begin());
    keys_.push_back({id, std::move(mac)});
  }
}

secret::Secret RefreshTokens::Encode(const RefreshClaims& claims) const {
  const Key& key = keys_.front();
  std::string bytes;
  bytes.reserve(kSize);
  bytes += kVersion;
  bytes.append(key.id.data(), key.id.size());
  bytes += AsView(claims.user.bytes());
  bytes += AsView(claims.session.bytes());
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes += static_cast<char>(claims.generation >> shift);
  bytes += secret::AsBytes(key.mac.Sign(bytes));
  std::string text;
  text.reserve(kTextSize);
  text += kPrefix;
  jose::base64url::Append(bytes, text);
  secret::Wipe(bytes);
  return secret::Secret::Take(std::move(text));
}

absl::StatusOr<RefreshClaims> RefreshTokens::Parse(std::string_view token) const {
  if (token.size() != kTextSize || !token.starts_with(kPrefix)) return Invalid();
  std::array<char, kSize> buffer;
  if (!jose::base64url::DecodeTo(token.substr(kPrefix.size()), buffer.data())) return Invalid();
  const std::string_view bytes(buffer.data(), buffer.size());
  if (bytes[0] != kVersion) return Invalid();
  const Key* const key = Find(bytes.substr(1, kKeyIdSize));
  if (key == nullptr || !key->mac.Verify(bytes.substr(0, kSigned), bytes.substr(kSigned))) {
    return Invalid();
  }
  RefreshClaims claims{UuidAt(bytes, 1 + kKeyIdSize), UuidAt(bytes, 1 + kKeyIdSize + 16), 0};
  for (size_t i = kSigned - 4; i < kSigned; ++i) {
    claims.generation = claims.generation << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return claims;
}

const RefreshTokens::Key* RefreshTokens::Find(std::string_view id) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [&](const Key& key) {
    return std::string_view(key.id.data(), key.id.size()) == id;
  });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace tokenforge::sessions
