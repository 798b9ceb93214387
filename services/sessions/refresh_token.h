// Refresh tokens: `tfr_` and base64url of version, key ID, user, session, generation and
// HMAC-SHA-256.
//
// Why a MAC: nobody can invent a token or change the generation of one, so a forged token is
// refused without asking Redis, and Redis holds nothing that a thief could use. The MAC is 256 bits
// under a key of 256 random bits (far above the 128 that ASVS 7.2.3 asks of a session secret). One
// byte string per token: the encoding is strict, and the same token of the same generation under
// the same key is always the same text — which is how the grace can give "the same successor"
// again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/secret/digest.h"
#include "lib/secret/secret.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::sessions {

// What a genuine token says. Only RefreshTokens::Parse makes one from text.
struct RefreshClaims {
  uuid::Uuid user;
  uuid::Uuid session;
  uint32_t generation = 1;
  friend bool operator==(const RefreshClaims&, const RefreshClaims&) = default;
};

// The keys, and what they do. Immutable and thread-safe.
class RefreshTokens {
 public:
  static constexpr size_t kKeySize = 32;

  // The first key signs, all verify. At least one, each of kKeySize bytes; anything else ends the
  // process.
  explicit RefreshTokens(std::vector<secret::Secret> keys);

  secret::Secret Encode(const RefreshClaims& claims) const;

  // REFRESH_TOKEN_INVALID for anything that these keys did not make; the message does not say why.
  absl::StatusOr<RefreshClaims> Parse(std::string_view token) const;

 private:
  // Follows from the key, so that no number has to be kept with it.
  using KeyId = std::array<char, 4>;
  struct Key {
    KeyId id;
    secret::HmacKey mac;
  };
  const Key* Find(std::string_view id) const;

  std::vector<Key> keys_;
};

}  // namespace tokenforge::sessions
