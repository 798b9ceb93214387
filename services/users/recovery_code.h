// Recovery codes: what somebody whose phone is gone logs in with instead of a code of the app.
//
// Ten of 80 random bits each, shown once as four groups of base32, each good for one login. Kept as
// SHA-256 over the user and the code. No slow hash: those make up for passwords that people chose;
// 2^80 guesses are out of reach at any speed, and the user in the hash keeps one guess from being
// tried against everybody's codes at once.
//
// Pure functions, thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/secret/secret.h"

namespace tokenforge::users {

inline constexpr std::size_t kRecoveryCodes = 10;

// Fresh ones, as they are shown: "ABCD-EFGH-IJKL-MNOP".
std::vector<secret::Secret> NewRecoveryCodes();

// What is stored of a code, in hexadecimal. The code may be in lower case and with blanks or
// without hyphens, as people copy it from paper. Nothing when it cannot be one.
std::optional<std::string> RecoveryCodeHash(std::string_view user_id, std::string_view code);

// Takes the hash out of those that are left. False when it is not among them. In a time that does
// not tell how much of it was right.
bool UseRecoveryCode(std::vector<std::string>& hashes, const std::string& hash);

}  // namespace tokenforge::users
