// Signing keys of the keys service as administrators and guards see them. Pure functions.
#pragma once

#include <chrono>

#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/auth/v1/trust.pb.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::auth {

v1::SigningKey ToPublic(const keys::v1::SigningKey& key);

// Appends a revocation for each key that is REVOKED, which ends this long after the key was: the
// same at every replica.
void AddRevoked(const google::protobuf::RepeatedPtrField<keys::v1::SigningKey>& keys,
                std::chrono::seconds life,
                google::protobuf::RepeatedPtrField<v1::Revocation>& revocations);

}  // namespace tokenforge::auth
