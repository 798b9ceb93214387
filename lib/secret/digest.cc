#include "lib/secret/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

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

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigest>;

DigestContext NewSha256() {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  DigestContext context(EVP_MD_CTX_new());
  if (sha256 == nullptr || context == nullptr ||
      EVP_DigestInit_ex2(context.get(), sha256, nullptr) != 1) {
    Fail("OpenSSL offers no SHA-256");
  }
  return context;
}

EVP_MAC* Hmac() {
  static EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  return hmac != nullptr ? hmac : (Fail("OpenSSL offers no HMAC"), nullptr);
}

}  // namespace

Digest Sha256(std::string_view bytes) {
  // OpenSSL's one-shot SHA256() looks the algorithm up, under a lock, on every call; this asks once
  // per thread.
  thread_local const DigestContext context = NewSha256();
  Digest digest;
  if (EVP_DigestInit_ex2(context.get(), nullptr, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) {
    Fail("OpenSSL could not compute a SHA-256");
  }
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
