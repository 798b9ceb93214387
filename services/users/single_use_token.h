// Single-use tokens: what a mail or the first step of a login hands out, and what proves, once,
// that whoever brings it back received it.
//
// A token is 256 random bits as text, with a prefix that says what it is good for (and lets
// scanners find it where it should not be). The database holds its SHA-256 only (token_rows.h): who
// reads the database can use none, and a look-up by hash tells nothing about a token through its
// time.
//
// Pure but for randomness; thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lib/secret/secret.h"

namespace tokenforge::users {

enum class TokenPurpose { kPasswordReset, kEmailVerification, kLoginChallenge };

// As the database keeps it: "password_reset", "email_verification", "login_challenge".
std::string_view NameOf(TokenPurpose purpose);

// How long a token of this purpose is good for, unless configured otherwise.
constexpr std::chrono::seconds DefaultLifeOf(TokenPurpose purpose) {
  switch (purpose) {
    case TokenPurpose::kPasswordReset:
      return std::chrono::minutes(30);
    case TokenPurpose::kEmailVerification:
      return std::chrono::hours(24);
    case TokenPurpose::kLoginChallenge:
      return std::chrono::minutes(5);
  }
  return std::chrono::seconds(0);
}

// A fresh token: "tfp_", "tfv_" or "tfl_", then 43 characters of base64url.
secret::Secret NewToken(TokenPurpose purpose);

// A token's SHA-256, which is all that is ever stored or looked for. Only HashOf makes one, so what
// is looked for has the form of a token, and holds nothing that a database could misread.
class TokenHash {
 public:
  const std::string& hex() const { return hex_; }

 private:
  friend std::optional<TokenHash> HashOf(TokenPurpose purpose, std::string_view token);
  explicit TokenHash(std::string hex) : hex_(std::move(hex)) {}
  std::string hex_;
};

// Nothing for a text that is no token of this purpose.
std::optional<TokenHash> HashOf(TokenPurpose purpose, std::string_view token);

}  // namespace tokenforge::users
