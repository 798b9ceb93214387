// The stored form of a key set: one line of JSON, and one line that authenticates it under a KEK.
//
//   {"format":1,"version":3,"keys":[{"kid":"…","alg":"RS256","state":"active","create_ms":…,"sealed":{…}},…]}
//   mac KEK-ID BASE64URL
//
// So whoever can write the store can neither add a key nor make a revoked one active again.
// (Putting back a former value as a whole is noticed by replicas that run, and by none after a
// start.) Pure; thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/jose/private_key.h"
#include "services/keys/key_encryption.h"
#include "services/keys/key_record.h"

namespace tokenforge::keys {

// Seals a private key under the first KEK, bound to its kid and algorithm.
absl::StatusOr<Sealed> SealKey(const jose::PrivateKey& key, const KeyEncryption& encryption);
// Opens it again. DATA_LOSS when it does not open, or is another key than the record says.
absl::StatusOr<jose::PrivateKey> OpenKey(const KeyRecord& record, const KeyEncryption& encryption);

// The same keys under the first KEK, as the next version. Errors as OpenKey.
absl::StatusOr<KeySetRecord> Resealed(const KeySetRecord& set, const KeyEncryption& encryption);

absl::StatusOr<std::string> Encode(const KeySetRecord& set, const KeyEncryption& encryption);
// FAILED_PRECONDITION: sealed under a KEK that is not here. DATA_LOSS: not authentic, or not of
// this form. The messages are for operators, and hold nothing of the value.
absl::StatusOr<KeySetRecord> Decode(std::string_view value, const KeyEncryption& encryption);

}  // namespace tokenforge::keys
