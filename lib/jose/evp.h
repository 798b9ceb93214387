// OpenSSL's keys behind names of ours, for this folder's .cc files; OpenSSL's headers stay in
// evp.cc.
//
// Every key that comes in passes here, so here stands what a key must be: RSA of 2048 to 8192 bits
// with an odd exponent between 2^16 and 2^32 (a small or huge one is an attack on strength or on
// our CPU), points on P-256, canonical Ed25519 points of large order. Thread-safe; keys are
// immutable and may be shared.
#pragma once

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/algorithm.h"
#include "lib/jose/public_members.h"
#include "lib/secret/secret.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace tokenforge::jose::evp {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
using Key = std::unique_ptr<evp_pkey_st, FreeKey>;

inline constexpr int kLeastRsaBits = 2048;
inline constexpr int kMostRsaBits = 8192;

// INVALID_ARGUMENT, saying what is wrong, for a key that must not be used.
absl::StatusOr<Key> ImportPublic(const PublicMembers& members);
absl::StatusOr<PublicMembers> ExportPublic(const Key& key);

// A new private key; `rsa_bits` counts for RS256 only. INTERNAL when OpenSSL fails.
absl::StatusOr<Key> Generate(Algorithm algorithm, int rsa_bits);

// PKCS #8, DER, not encrypted (RFC 5958).
absl::StatusOr<Key> ImportPkcs8(std::string_view der);
absl::StatusOr<secret::Secret> ExportPkcs8(const Key& key);

// Leaves nothing of a failure in this thread's error queue, where a TLS connection would later take
// it for its own.
void ForgetErrors();

}  // namespace tokenforge::jose::evp
