// The public half of a key as RFC 7517 and 7518 see it: raw bytes in a variant by key type.
//
// A variant and not a bag of optional members: where all types shared one object, libjwt
// (CVE-2026-44699) took an RSA key for an empty HMAC key. There is no alternative for `oct`. Pure
// values; no OpenSSL, no RapidJSON.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "lib/jose/algorithm.h"

namespace tokenforge::jose {

struct RsaMembers {  // big-endian, no leading zeros
  std::string n, e;
};
struct EcMembers {  // P-256, 32 bytes each
  std::string x, y;
};
struct OkpMembers {  // Ed25519, 32 bytes
  std::string x;
};
using PublicMembers = std::variant<RsaMembers, EcMembers, OkpMembers>;

// The one algorithm that a key of this type is used with.
Algorithm AlgorithmOf(const PublicMembers& members);

// RFC 7638 thumbprint with SHA-256, as base64url: the `kid` of our own keys.
std::string Thumbprint(const PublicMembers& members);

// RFC 7517 JSON with `kid`, `use` and `alg`; members in a fixed order, so that the same key is
// always the same text.
std::string ToJwk(const PublicMembers& members, std::string_view kid);

}  // namespace tokenforge::jose
