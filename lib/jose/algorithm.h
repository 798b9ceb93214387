// The signature algorithms of the suite: an allow-list, and nothing beside it (RFC 8725,
// section 3.1).
//
// There is no HMAC and no `none`, so no key of one kind can ever be taken for a key of another
// (CVE-2015-9235 and its many successors). Pure; thread-safe.
#pragma once

#include <optional>
#include <string_view>

namespace tokenforge::jose {

enum class Algorithm {
  kRs256,  // RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, section 3.3), 2048 bits or more
  kEs256,  // ECDSA on P-256 with SHA-256 (section 3.4)
  kEdDsa,  // Ed25519 (RFC 8037). RFC 9864's name for it, "Ed25519", is not taken: one algorithm,
           // one name.
};

// The value of `alg`: "RS256", "ES256" or "EdDSA".
constexpr std::string_view Name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kEs256:
      return "ES256";
    case Algorithm::kEdDsa:
      return "EdDSA";
  }
  return "";
}

// The algorithm of exactly this name; nothing for any other string ("none", "nOnE", "rs256",
// "HS256", "").
constexpr std::optional<Algorithm> AlgorithmOf(std::string_view name) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kEs256, Algorithm::kEdDsa}) {
    if (name == Name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

}  // namespace tokenforge::jose
