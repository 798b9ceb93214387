// Why a token was refused: a value that costs nothing on the path that attackers choose, and its
// public form.
#pragma once

#include "absl/status/status.h"
#include "lib/errors/errors.h"

namespace tokenforge::jose {

enum class Refusal {
  kMalformed,    // not a strict compact JWS with a JSON header and claims, or over the size limit
  kExpired,      // `exp` has passed, leeway included
  kNotYetValid,  // `nbf` lies in the future, leeway included
  kWrongIssuer,
  kWrongAudience,
  kWrongType,     // `typ` is neither at+jwt nor application/at+jwt
  kBadSignature,  // not made by the key that `kid` names, or not with that key's algorithm
  kUnknownKey,  // `kid` names no key of the set: the only refusal that fetching newer keys can mend
};

// TOKEN_MALFORMED, TOKEN_EXPIRED, … (contract, section 3).
errors::Reason ReasonOf(Refusal refusal);

// UNAUTHENTICATED with that reason and a message that says what to do. Dearer than the enum: for
// the one answer at the end.
absl::Status ToStatus(Refusal refusal);

}  // namespace tokenforge::jose
