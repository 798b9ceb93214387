// Computes a password's hash with the parameters and the salt of a hash that StoredHash::Parse let
// through: libxcrypt for bcrypt, libsodium for Argon2 where it can (one lane, 16 bytes of salt, the
// present version) and libargon2 where it cannot, OpenSSL for scrypt and PBKDF2.
//
// This is the slow part, on purpose: call it only on a bounded pool. It uses as much memory as the
// hash asks for; libargon2's lanes are computed one by one, so that no hash takes a second thread.
// Stateless, so thread-safe; every copy of the password that is made here is wiped.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"
#include "services/users/stored_hash.h"

namespace tokenforge::users {

// Whether the function would read all of this password: for bcrypt 1 to 72 bytes without a NUL, for
// the others 1 to kMaxPasswordBytes. What it would not read whole must match nothing.
bool ReadsWhole(const StoredHash::Form& form, std::string_view password);

// What the form's result is for this password, which must be one that ReadsWhole. The form's own
// result may be empty; but for Argon2, scrypt and PBKDF2 its size is the size of the answer.
// INTERNAL_FAULT when a library refuses, for instance because no memory is left.
absl::StatusOr<secret::Secret> ComputeHash(const StoredHash::Form& form, std::string_view password);

}  // namespace tokenforge::users
