// The two forms of an ECDSA signature on P-256: JOSE's fixed R||S (RFC 7518, section 3.4) and the
// DER that OpenSSL speaks.
//
// Sizes are checked before a byte is moved: converting first is how HAProxy's JWT code overflowed
// its buffer. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tokenforge::jose {

inline constexpr std::size_t kEs256SignatureBytes = 64;
inline constexpr std::size_t kEs256DerLimit = 72;  // 2 + 2 × (2 + 33)

struct DerSignature {
  std::array<unsigned char, kEs256DerLimit> bytes;
  std::size_t size;
};

// R||S of exactly 64 bytes as minimal DER; nothing for any other size. Whether r and s lie in [1,
// n-1] is for the verification itself to judge.
std::optional<DerSignature> DerFromJose(std::string_view signature);

// DER as OpenSSL writes it, as 64 bytes; nothing when it is not that.
std::optional<std::string> JoseFromDer(std::string_view der);

}  // namespace tokenforge::jose
