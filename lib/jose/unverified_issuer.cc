#include "lib/jose/unverified_issuer.h"

#include "lib/jose/base64url.h"
#include "lib/jose/claims.h"
#include "lib/jose/json.h"
#include "lib/jose/policy.h"

namespace tokenforge::jose {

std::optional<std::string> UnverifiedIssuer(std::string_view token) {
  if (token.size() > ValidationPolicy::kMostTokenBytes) return std::nullopt;
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const std::string_view segment = token.substr(first + 1, second - first - 1);
  const std::size_t size = base64url::DecodedSize(segment.size());
  std::string text(size + json::kPadding, '\0');
  if (!base64url::DecodeTo(segment, text.data())) return std::nullopt;
  Claims claims;
  if (!ParseClaims(text.data(), size, claims) || claims.issuer.empty()) return std::nullopt;
  return std::string(claims.issuer);
}

}  // namespace tokenforge::jose
