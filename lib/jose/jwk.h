// From the members of a JWK to a key, for this folder's .cc files.
#pragma once

#include "absl/status/statusor.h"
#include "lib/jose/jwk_document.h"
#include "lib/jose/public_key.h"

namespace tokenforge::jose {

// The key of one entry (see PublicKey::FromJwk for what is refused). Messages hold nothing of the
// input.
absl::StatusOr<PublicKey> ReadJwk(const JwkEntry& jwk);

}  // namespace tokenforge::jose
