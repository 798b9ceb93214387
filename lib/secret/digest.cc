#include "lib/secret/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <cstdio>
#include <cstdlib>

namespace tokenforge::secret {
namespace {

constexpr std::size_t kLeastKeyBytes = 16;

// Out of memory, or a library without SHA-256: nothing that a caller could mend.
[[noreturn]] void Fail(const char* what) {
  std::fprintf(stderr, "tokenforge: %s\n", what);
  std::abort();
}

const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

EVP_MAC* Hmac() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return hmac != nullptr ? hmac : (Fail("OpenSSL offers no HMAC"), nullptr);
}

}  // namespace

Digest Sha256(std::string_view bytes) {
  Digest digest;
  SHA256(Bytes(bytes), bytes.size(), digest.data());
  return digest;
}

void HmacKey::Free::operator()(evp_mac_ctx_st* context) const { EVP_MAC_CTX_free(context); }

HmacKey::HmacKey(const Secret& key) : keyed_(EVP_MAC_CTX_new(Hmac())) {
  if (key.size() < kLeastKeyBytes) Fail("an HMAC key must hold at least 16 bytes");
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (keyed_ == nullptr ||
      EVP_MAC_init(keyed_.get(), Bytes(key.Expose()), key.size(), parameters) != 1) {
    Fail("OpenSSL refused an HMAC key");
  }
}

HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

Digest HmacKey::Sign(std::string_view bytes) const {
  const std::unique_ptr<EVP_MAC_CTX, Free> context(EVP_MAC_CTX_dup(keyed_.get()));
  Digest mac;
  std::size_t size = 0;
  if (context == nullptr || EVP_MAC_update(context.get(), Bytes(bytes), bytes.size()) != 1 ||
      EVP_MAC_final(context.get(), mac.data(), &size, mac.size()) != 1 || size != mac.size()) {
    Fail("OpenSSL could not compute an HMAC");
  }
  return mac;
}

bool HmacKey::Verify(std::string_view bytes, std::string_view mac) const {
  return ConstantTimeEquals(AsBytes(Sign(bytes)), mac);
}

}  // namespace tokenforge::secret
