#include "services/users/single_use_token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "lib/secret/random.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kRandomBytes = 32;
constexpr std::size_t kRandomCharacters = 43;

std::string_view PrefixOf(TokenPurpose purpose) {
  switch (purpose) {
    case TokenPurpose::kPasswordReset:
      return "tfp_";
    case TokenPurpose::kEmailVerification:
      return "tfv_";
    case TokenPurpose::kLoginChallenge:
      return "tfl_";
  }
  return "";
}

bool IsBase64Url(unsigned char c) { return absl::ascii_isalnum(c) || c == '-' || c == '_'; }

}  // namespace

std::string_view NameOf(TokenPurpose purpose) {
  switch (purpose) {
    case TokenPurpose::kPasswordReset:
      return "password_reset";
    case TokenPurpose::kEmailVerification:
      return "email_verification";
    case TokenPurpose::kLoginChallenge:
      return "login_challenge";
  }
  return "";
}

secret::Secret NewToken(TokenPurpose purpose) {
  const secret::Secret random = secret::RandomSecret(kRandomBytes);
  std::string encoded;
  absl::WebSafeBase64Escape({random.Expose().data(), random.size()}, &encoded);
  std::string token;
  token.reserve(PrefixOf(purpose).size() + encoded.size());
  token.append(PrefixOf(purpose)).append(encoded);
  secret::Wipe(encoded);
  return secret::Secret::Take(std::move(token));
}

std::optional<TokenHash> HashOf(TokenPurpose purpose, std::string_view token) {
  const std::string_view prefix = PrefixOf(purpose);
  if (!token.starts_with(prefix)) return std::nullopt;
  const std::string_view random = token.substr(prefix.size());
  if (random.size() != kRandomCharacters ||
      !std::all_of(random.begin(), random.end(), IsBase64Url)) {
    return std::nullopt;
  }
  const secret::Digest digest = secret::Sha256(token);
  const std::string_view bytes = secret::AsBytes(digest);
  return TokenHash(absl::BytesToHexString({bytes.data(), bytes.size()}));
}

}  // namespace tokenforge::users
