#include "lib/jose/verifier.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "lib/jose/base64url.h"
#include "lib/jose/claims.h"
#include "lib/jose/evp.h"
#include "lib/jose/header.h"
#include "lib/jose/json.h"

namespace tokenforge::jose {
namespace {

constexpr std::size_t kSignatureLimit = evp::kMostRsaBits / 8;

struct Parts {
  std::string_view header, claims, signature, signed_text;
};

// Exactly two dots: a JWE has four, a JSON serialization none where they belong.
std::optional<Parts> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  Parts parts{token.substr(0, first), token.substr(first + 1, second - first - 1),
              token.substr(second + 1), token.substr(0, second)};
  if (parts.signature.find('.') != std::string_view::npos) return std::nullopt;
  return parts;
}

// The key that the header names. `kid` alone chooses it, and the key alone decides the algorithm
// (RFC 8725, section 3.1).
std::variant<const PublicKey*, Refusal> KeyOf(std::string_view segment, const JwkSet& keys) {
  // Nearly every token begins with the very header that our signer writes for its key: nothing is
  // left to parse.
  if (const PublicKey* key = keys.FindByHeader(segment)) return key;

  const std::optional<Header> header = ParseHeader(segment);
  if (!header.has_value()) return Refusal::kMalformed;
  if (header->typ != kAccessTokenType && header->typ != kAccessTokenMediaType)
    return Refusal::kWrongType;
  const std::optional<Algorithm> algorithm = AlgorithmOf(header->alg);
  if (!algorithm.has_value()) return Refusal::kBadSignature;
  const PublicKey* key = keys.Find(header->kid);
  if (key == nullptr) return Refusal::kUnknownKey;
  if (key->algorithm() != *algorithm) return Refusal::kBadSignature;
  return key;
}

// The decoded claims, the parser's padding, and the key's ID behind them: one allocation for all
// that a token keeps.
struct Text {
  std::unique_ptr<char[]> bytes;
  std::size_t claims_size, size;
};
std::optional<Text> DecodeClaims(std::string_view segment, std::string_view kid) {
  const std::size_t claims_size = base64url::DecodedSize(segment.size());
  const std::size_t size = claims_size + json::kPadding + kid.size();
  Text text{std::make_unique_for_overwrite<char[]>(size), claims_size, size};
  if (!base64url::DecodeTo(segment, text.bytes.get())) return std::nullopt;
  std::memset(text.bytes.get() + claims_size, 0, json::kPadding);
  std::memcpy(text.bytes.get() + claims_size + json::kPadding, kid.data(), kid.size());
  return text;
}

std::optional<Refusal> CheckSignature(const Parts& parts, const PublicKey& key) {
  // The length comes first: a decoder that is handed 24 KiB must not be the one to find out.
  const std::size_t size = base64url::DecodedSize(parts.signature.size());
  if (size > kSignatureLimit) return Refusal::kBadSignature;
  std::array<char, kSignatureLimit> signature;
  if (!base64url::DecodeTo(parts.signature, signature.data())) return Refusal::kMalformed;
  if (!key.Verify(parts.signed_text, {signature.data(), size})) return Refusal::kBadSignature;
  return std::nullopt;
}

}  // namespace

Verifier::Checked Verifier::Check(std::string_view token, const JwkSet& keys,
                                  std::chrono::sys_seconds now) const {
  if (token.size() > policy_.token_limit()) return Refusal::kMalformed;
  const std::optional<Parts> parts = Split(token);
  if (!parts.has_value()) return Refusal::kMalformed;
  const auto found = KeyOf(parts->header, keys);
  if (const auto* refusal = std::get_if<Refusal>(&found)) return *refusal;
  const PublicKey& key = *std::get<const PublicKey*>(found);

  std::optional<Text> text = DecodeClaims(parts->claims, key.kid());
  if (!text.has_value()) return Refusal::kMalformed;
  if (const auto refusal = CheckSignature(*parts, key)) return *refusal;
  Claims claims;
  if (!ParseClaims(text->bytes.get(), text->claims_size, claims)) return Refusal::kMalformed;
  if (const auto refusal = CheckClaims(claims, now)) return *refusal;

  const std::string_view kid(text->bytes.get() + text->claims_size + json::kPadding,
                             key.kid().size());
  return VerifiedToken(std::move(text->bytes), text->size, std::move(claims), kid);
}

absl::StatusOr<VerifiedToken> Verifier::Verify(std::string_view token, const JwkSet& keys,
                                               std::chrono::sys_seconds now) const {
  Checked checked = Check(token, keys, now);
  if (const auto* refusal = std::get_if<Refusal>(&checked)) return ToStatus(*refusal);
  return std::get<VerifiedToken>(std::move(checked));
}

std::optional<Refusal> Verifier::CheckClaims(const Claims& claims,
                                             std::chrono::sys_seconds now) const {
  if (claims.issuer != policy_.issuer()) return Refusal::kWrongIssuer;
  const auto audiences = claims.Items(claims.audiences);
  if (std::none_of(audiences.begin(), audiences.end(), [this](std::string_view audience) {
        return std::find(policy_.audiences().begin(), policy_.audiences().end(), audience) !=
               policy_.audiences().end();
      })) {
    return Refusal::kWrongAudience;
  }
  return CheckTimes(claims, now);
}

std::optional<Refusal> Verifier::CheckTimes(const Claims& claims,
                                            std::chrono::sys_seconds now) const {
  if (now >= *claims.expire_time + policy_.leeway()) return Refusal::kExpired;
  if (claims.not_before.has_value() && now < *claims.not_before - policy_.leeway()) {
    return Refusal::kNotYetValid;
  }
  return std::nullopt;
}

}  // namespace tokenforge::jose
