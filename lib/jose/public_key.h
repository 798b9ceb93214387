// A key that signatures are verified with: one key, one algorithm, one kid.
//
// A value that is cheap to copy; all copies share one immutable key. Thread-safe. OpenSSL's parsed
// key and contexts are kept and reused, so that a verification costs little more than its
// arithmetic.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/algorithm.h"
#include "lib/jose/public_members.h"

namespace tokenforge::jose {

// Longer key IDs are refused: they are looked up, logged and cached.
inline constexpr std::size_t kKidLimit = 256;

class PublicKey {
 public:
  // INVALID_ARGUMENT, saying why, for a key that must not be used (see lib/jose/evp.h) and for an
  // empty or over-long kid.
  static absl::StatusOr<PublicKey> Of(const PublicMembers& members, std::string_view kid);

  // One RFC 7517 JWK of kty RSA, EC or OKP. Refuses a missing `kid`, an `alg` that does not fit the
  // type, a `use` or `key_ops` that is not for verifying, private members, and duplicate members.
  static absl::StatusOr<PublicKey> FromJwk(std::string_view json);

  Algorithm algorithm() const;
  const std::string& kid() const;
  // RFC 7517 JSON; the same key is always the same text. Never holds a private member.
  const std::string& jwk() const;
  // The encoded header that our own signer writes for this key: a token that begins with it needs
  // no header parse.
  const std::string& header_segment() const;

  // Whether `signature` is this key's over `text`, in JOSE form (RFC 7515, section 5.2). Never
  // fails in another way.
  bool Verify(std::string_view text, std::string_view signature) const;

  // The same key under the same kid.
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.jwk() == b.jwk(); }

 private:
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace tokenforge::jose
