// Time-based one-time passwords (RFC 6238): HMAC-SHA-1, six digits, steps of 30 seconds, a clock
// that may be one step off either way: what every authenticator app does without being told.
//
// Pure functions, thread-safe; liboath computes the codes and shows only in the .cc file.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/clock/clock.h"
#include "lib/secret/secret.h"

namespace tokenforge::users {

inline constexpr std::size_t kTotpSecretBytes = 20;  // 160 bits: RFC 4226 section 4, R6
inline constexpr std::size_t kTotpDigits = 6;
inline constexpr std::chrono::seconds kTotpStep{30};
inline constexpr std::int64_t kTotpDrift = 1;  // steps, either side

secret::Secret NewTotpSecret();

// Base32 (RFC 4648) without padding: how a person types a secret into an app.
secret::Secret Base32(const secret::Secret& bytes);

// The same for a QR code: `otpauth://totp/ISSUER:EMAIL?secret=…&issuer=…`, everything
// percent-encoded. The issuer is what the app shows beside the account; a colon in it would be read
// as its end.
secret::Secret OtpauthUri(std::string_view issuer, std::string_view email,
                          const secret::Secret& secret);

// The number of the step that this moment lies in.
std::int64_t TotpStepAt(clock::WallTime now);

// The code of one step.
secret::Secret TotpCode(const secret::Secret& secret, std::int64_t step);

// Which step the code is of: the present one, or kTotpDrift before or after it, and later than
// `last_step`, the newest whose code was used. The caller keeps the answer as the next `last_step`
// in the same transaction, so that a code that was seen over somebody's shoulder, and every older
// one, is worth nothing (RFC 6238 section 5.2). Nothing when the code is wrong, used, or not six
// digits. Takes as long for every wrong code.
std::optional<std::int64_t> MatchTotp(const secret::Secret& secret, std::string_view code,
                                      clock::WallTime now, std::int64_t last_step);

}  // namespace tokenforge::users
