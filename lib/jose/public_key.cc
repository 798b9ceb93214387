#include "lib/jose/public_key.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <utility>

#include "absl/status/status.h"
#include "lib/jose/ecdsa_form.h"
#include "lib/jose/evp.h"
#include "lib/jose/header.h"
#include "lib/jose/spares.h"
#include "lib/jose/utf8.h"
#include "lib/secret/digest.h"

namespace tokenforge::jose {
namespace {

struct FreeKeyContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, FreeKeyContext>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeDigestContext>;

constexpr std::size_t kEd25519SignatureBytes = 64;

const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// A context that verifies SHA-256 digests, as often as one likes. Null when OpenSSL fails.
KeyContext MakeContext(const evp::Key& key, Algorithm algorithm) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_verify_init(context.get()) != 1) return nullptr;
  if (algorithm == Algorithm::kRs256 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) {
    return nullptr;
  }
  if (EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1) return nullptr;
  return context;
}

}  // namespace

struct PublicKey::State {
  Algorithm algorithm;
  std::string kid, jwk, header_segment;
  evp::Key key;
  std::size_t rsa_signature_bytes = 0;
  Spares<EVP_PKEY_CTX, FreeKeyContext> contexts;
  DigestContext ed25519;  // initialised once, then only copied from

  bool VerifyDigest(std::string_view text, const unsigned char* signature, std::size_t size) const;
  bool VerifyEd25519(std::string_view text, std::string_view signature) const;
};

bool PublicKey::State::VerifyDigest(std::string_view text, const unsigned char* signature,
                                    std::size_t size) const {
  KeyContext context = contexts.Take();
  if (context == nullptr) context = MakeContext(key, algorithm);
  const secret::Digest digest = secret::Sha256(text);
  if (context == nullptr ||
      EVP_PKEY_verify(context.get(), signature, size, digest.data(), digest.size()) != 1) {
    evp::ForgetErrors();
    return false;  // the context goes too: whatever the failure left in it is not worth a thought
  }
  contexts.Give(std::move(context));
  return true;
}

// Ed25519 hashes twice, so the text is given whole (RFC 8032); a context serves one call, and a
// copy is the cheapest one.
bool PublicKey::State::VerifyEd25519(std::string_view text, std::string_view signature) const {
  if (signature.size() != kEd25519SignatureBytes) return false;
  const DigestContext context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_MD_CTX_copy_ex(context.get(), ed25519.get()) != 1 ||
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                       text.size()) != 1) {
    evp::ForgetErrors();
    return false;
  }
  return true;
}

absl::StatusOr<PublicKey> PublicKey::Of(const PublicMembers& members, std::string_view kid) {
  if (kid.empty() || kid.size() > kKidLimit || !IsPrintableText(kid)) {
    return absl::InvalidArgumentError(
        "kid must be 1 to 256 bytes of UTF-8 without control characters");
  }
  absl::StatusOr<evp::Key> key = evp::ImportPublic(members);
  if (!key.ok()) return key.status();

  auto state = std::make_shared<State>();
  state->algorithm = AlgorithmOf(members);
  state->kid = kid;
  state->jwk = ToJwk(members, kid);
  state->header_segment = HeaderSegment(state->algorithm, kid);
  state->key = *std::move(key);
  if (const auto* rsa = std::get_if<RsaMembers>(&members))
    state->rsa_signature_bytes = rsa->n.size();
  if (state->algorithm == Algorithm::kEdDsa) {
    state->ed25519.reset(EVP_MD_CTX_new());
    if (state->ed25519 == nullptr || EVP_DigestVerifyInit(state->ed25519.get(), nullptr, nullptr,
                                                          nullptr, state->key.get()) != 1) {
      evp::ForgetErrors();
      return absl::InternalError("OpenSSL could not prepare an Ed25519 key");
    }
  }
  return PublicKey(std::move(state));
}

Algorithm PublicKey::algorithm() const { return state_->algorithm; }
const std::string& PublicKey::kid() const { return state_->kid; }
const std::string& PublicKey::jwk() const { return state_->jwk; }
const std::string& PublicKey::header_segment() const { return state_->header_segment; }

bool PublicKey::Verify(std::string_view text, std::string_view signature) const {
  switch (state_->algorithm) {
    case Algorithm::kRs256:
      return signature.size() == state_->rsa_signature_bytes &&
             state_->VerifyDigest(text, Bytes(signature), signature.size());
    case Algorithm::kEs256: {
      const std::optional<DerSignature> der = DerFromJose(signature);
      return der.has_value() && state_->VerifyDigest(text, der->bytes.data(), der->size);
    }
    case Algorithm::kEdDsa:
      return state_->VerifyEd25519(text, signature);
  }
  return false;
}

}  // namespace tokenforge::jose
