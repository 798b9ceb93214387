// A key that tokens are signed with. Only the keys service has one; it leaves that service never,
// and this class only as PKCS #8 in a Secret, to be encrypted.
//
// A value that is cheap to copy; all copies share one immutable key, which OpenSSL wipes with the
// last of them. Thread-safe: OpenSSL's parsed key and contexts are reused, blinding and nonces are
// OpenSSL's.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/algorithm.h"
#include "lib/jose/evp.h"
#include "lib/jose/public_key.h"
#include "lib/secret/secret.h"

namespace tokenforge::jose {

class PrivateKey {
 public:
  static constexpr int kDefaultRsaBits = 2048;

  // A new key; its kid is its RFC 7638 thumbprint. `rsa_bits` (2048 to 8192) counts for RS256 only.
  // Blocks: an RSA key takes 50 to 500 ms.
  static absl::StatusOr<PrivateKey> Generate(Algorithm algorithm, int rsa_bits = kDefaultRsaBits);

  // PKCS #8, DER, not encrypted. INVALID_ARGUMENT for anything else, for a key that must not be
  // used (see lib/jose/evp.h), and for one whose halves do not fit: it signs and verifies once.
  static absl::StatusOr<PrivateKey> FromPkcs8(const secret::Secret& der);
  absl::StatusOr<secret::Secret> ToPkcs8() const;

  const PublicKey& public_key() const;
  Algorithm algorithm() const { return public_key().algorithm(); }
  const std::string& kid() const { return public_key().kid(); }

  // The signature over `text` in JOSE form (ES256: R||S, 64 bytes). INTERNAL when OpenSSL fails.
  absl::StatusOr<std::string> Sign(std::string_view text) const;

 private:
  struct State;
  static absl::StatusOr<PrivateKey> Adopt(evp::Key key);
  explicit PrivateKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

  std::shared_ptr<const State> state_;
};

}  // namespace tokenforge::jose
