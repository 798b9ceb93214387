#include "lib/jose/private_key.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "lib/jose/ecdsa_form.h"
#include "lib/jose/evp.h"
#include "lib/jose/spares.h"
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

unsigned char* Bytes(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

absl::Status Failed() {
  evp::ForgetErrors();
  return absl::InternalError("OpenSSL could not sign");
}

// A context that signs SHA-256 digests, as often as one likes. Null when OpenSSL fails.
KeyContext MakeContext(const evp::Key& key, Algorithm algorithm) {
  KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
  if (context == nullptr || EVP_PKEY_sign_init(context.get()) != 1) return nullptr;
  if (algorithm == Algorithm::kRs256 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) {
    return nullptr;
  }
  if (EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) != 1) return nullptr;
  return context;
}

}  // namespace

struct PrivateKey::State {
  State(evp::Key private_key, PublicKey public_half)
      : key(std::move(private_key)), public_key(std::move(public_half)) {}

  evp::Key key;
  PublicKey public_key;
  Spares<EVP_PKEY_CTX, FreeKeyContext> contexts;
  DigestContext ed25519;  // initialised once, then only copied from

  absl::StatusOr<std::string> SignDigest(std::string_view text) const;
  absl::StatusOr<std::string> SignEd25519(std::string_view text) const;
};

absl::StatusOr<std::string> PrivateKey::State::SignDigest(std::string_view text) const {
  KeyContext context = contexts.Take();
  if (context == nullptr) context = MakeContext(key, public_key.algorithm());
  const secret::Digest digest = secret::Sha256(text);
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key.get())), '\0');
  std::size_t size = signature.size();
  if (context == nullptr ||
      EVP_PKEY_sign(context.get(), Bytes(signature), &size, digest.data(), digest.size()) != 1) {
    return Failed();
  }
  contexts.Give(std::move(context));
  signature.resize(size);
  return signature;
}

absl::StatusOr<std::string> PrivateKey::State::SignEd25519(std::string_view text) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::string signature(64, '\0');
  std::size_t size = signature.size();
  if (context == nullptr || EVP_MD_CTX_copy_ex(context.get(), ed25519.get()) != 1 ||
      EVP_DigestSign(context.get(), Bytes(signature), &size,
                     reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1 ||
      size != signature.size()) {
    return Failed();
  }
  return signature;
}

namespace {

absl::StatusOr<PublicKey> PublicHalf(const evp::Key& key) {
  const absl::StatusOr<PublicMembers> members = evp::ExportPublic(key);
  if (!members.ok()) return members.status();
  return PublicKey::Of(*members, Thumbprint(*members));
}

}  // namespace

absl::StatusOr<PrivateKey> PrivateKey::Adopt(evp::Key key) {
  absl::StatusOr<PublicKey> public_key = PublicHalf(key);
  if (!public_key.ok()) return public_key.status();
  auto state = std::make_shared<State>(std::move(key), *std::move(public_key));
  if (state->public_key.algorithm() == Algorithm::kEdDsa) {
    state->ed25519.reset(EVP_MD_CTX_new());
    if (state->ed25519 == nullptr || EVP_DigestSignInit(state->ed25519.get(), nullptr, nullptr,
                                                        nullptr, state->key.get()) != 1) {
      return Failed();
    }
  }
  return PrivateKey(std::move(state));
}

absl::StatusOr<PrivateKey> PrivateKey::Generate(Algorithm algorithm, int rsa_bits) {
  absl::StatusOr<evp::Key> key = evp::Generate(algorithm, rsa_bits);
  if (!key.ok()) return key.status();
  return Adopt(*std::move(key));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPkcs8(const secret::Secret& der) {
  absl::StatusOr<evp::Key> key = evp::ImportPkcs8(der.Expose());
  if (!key.ok()) return key.status();
  absl::StatusOr<PrivateKey> adopted = Adopt(*std::move(key));
  if (!adopted.ok()) return adopted;
  constexpr std::string_view kText = "does this key fit itself?";
  const absl::StatusOr<std::string> signature = adopted->Sign(kText);
  if (!signature.ok() || !adopted->public_key().Verify(kText, *signature)) {
    return absl::InvalidArgumentError("the private key does not fit its public half");
  }
  return adopted;
}

absl::StatusOr<secret::Secret> PrivateKey::ToPkcs8() const { return evp::ExportPkcs8(state_->key); }

const PublicKey& PrivateKey::public_key() const { return state_->public_key; }

absl::StatusOr<std::string> PrivateKey::Sign(std::string_view text) const {
  if (algorithm() == Algorithm::kEdDsa) return state_->SignEd25519(text);
  absl::StatusOr<std::string> signature = state_->SignDigest(text);
  if (!signature.ok() || algorithm() == Algorithm::kRs256) return signature;
  std::optional<std::string> jose = JoseFromDer(*signature);
  if (!jose.has_value()) return Failed();
  return *std::move(jose);
}

}  // namespace tokenforge::jose
