// SHA-256 and HMAC-SHA-256 over byte strings; OpenSSL does the work and shows only in the .cc file.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "lib/secret/secret.h"

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace tokenforge::secret {

using Digest = std::array<unsigned char, 32>;

// The digest's bytes, valid as long as the digest.
inline std::string_view AsBytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// SHA-256. Not for passwords, which need a slow hash.
Digest Sha256(std::string_view bytes);

// A key of HMAC-SHA-256 (RFC 2104) whose key schedule is computed once, at construction.
//
// Thread-safe after construction: each call works on a copy of the keyed state. The key must hold
// at least 16 bytes (32 are usual); a shorter one is a programming error and ends the process,
// because a MAC under an empty key is one that anybody can make.
class HmacKey {
 public:
  explicit HmacKey(const Secret& key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;

  Digest Sign(std::string_view bytes) const;

  // Whether `mac` is the whole MAC of `bytes`; in constant time. A truncated MAC is refused.
  bool Verify(std::string_view bytes, std::string_view mac) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> keyed_;
};

}  // namespace tokenforge::secret
