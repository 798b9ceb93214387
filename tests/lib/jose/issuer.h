// Makes tokens of any shape, right and wrong, with keys that are made once per process; and asks
// the verifier about them.
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/jose/base64url.h"
#include "lib/jose/jwk_set.h"
#include "lib/jose/private_key.h"
#include "lib/jose/verifier.h"
#include "lib/secret/secret.h"

namespace tokenforge::jose {

inline constexpr Algorithm kAlgorithms[] = {Algorithm::kRs256, Algorithm::kEs256,
                                            Algorithm::kEdDsa};
inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'800'000'000)};
inline constexpr char kIssuer[] = "https://issuer.example";

inline void PrintTo(Refusal refusal, std::ostream* out) {
  *out << errors::reasons::Reason_Name(ReasonOf(refusal));
}

// The one key of each algorithm that the tests trust.
inline const PrivateKey& KeyOf(Algorithm algorithm) {
  static const PrivateKey* const keys[] = {
      new PrivateKey(PrivateKey::Generate(Algorithm::kRs256).value()),
      new PrivateKey(PrivateKey::Generate(Algorithm::kEs256).value()),
      new PrivateKey(PrivateKey::Generate(Algorithm::kEdDsa).value()),
  };
  return *keys[static_cast<int>(algorithm)];
}

inline const JwkSet& TrustedKeys() {
  static const JwkSet* const set = new JwkSet(
      JwkSet::Of({KeyOf(Algorithm::kRs256).public_key(), KeyOf(Algorithm::kEs256).public_key(),
                  KeyOf(Algorithm::kEdDsa).public_key()}));
  return *set;
}

// A JSON object of raw members in the order in which they were set; names may repeat through Add.
class Json {
 public:
  Json(std::initializer_list<std::pair<std::string, std::string>> members) : members_(members) {}

  Json& Set(const std::string& name, const std::string& raw) {
    for (auto& [existing, value] : members_) {
      if (existing == name) return value = raw, *this;
    }
    return Add(name, raw);
  }
  Json& Add(const std::string& name, const std::string& raw) {
    members_.emplace_back(name, raw);
    return *this;
  }
  Json& Drop(const std::string& name) {
    std::erase_if(members_, [&name](const auto& member) { return member.first == name; });
    return *this;
  }
  std::string Text() const {
    std::string text;
    for (const auto& [name, raw] : members_)
      text += (text.empty() ? "{\"" : ",\"") + name + "\":" + raw;
    return text.empty() ? "{}" : text + "}";
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

inline std::string Quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

// What the verifier accepts from this key at kNow.
inline Json GoodHeader(const PrivateKey& key) {
  // Not our signer's member order, so that the header parser sees it.
  return {
      {"typ", "\"at+jwt\""}, {"alg", Quoted(Name(key.algorithm()))}, {"kid", Quoted(key.kid())}};
}
inline Json GoodClaims() {
  return {{"iss", Quoted(kIssuer)}, {"sub", "\"ada\""},         {"aud", "\"tokenforge\""},
          {"exp", "1800000900"},    {"iat", "1800000000"},      {"nbf", "1800000000"},
          {"jti", "\"token\""},     {"sid", "\"session\""},     {"client_id", "\"spiffe://a/b\""},
          {"roles", R"(["user"])"}, {"scope", "\"read write\""}};
}

inline std::string Unsigned(std::string_view header, std::string_view claims) {
  return base64url::Encode(header) + '.' + base64url::Encode(claims);
}
inline std::string SignWith(const PrivateKey& key, const std::string& text) {
  return text + '.' + base64url::Encode(key.Sign(text).value());
}

// Rightly signed tokens with whatever header or claims.
inline std::string TokenOf(std::string_view header, std::string_view claims,
                           const PrivateKey& key = KeyOf(Algorithm::kEs256)) {
  return SignWith(key, Unsigned(header, claims));
}
inline std::string WithClaims(std::string_view claims) {
  return TokenOf(GoodHeader(KeyOf(Algorithm::kEs256)).Text(), claims);
}
inline std::string WithHeader(std::string_view header) {
  return TokenOf(header, GoodClaims().Text());
}

inline const Verifier& TheVerifier() {
  static const Verifier* const verifier = new Verifier(
      ValidationPolicy::Create({.issuer = kIssuer, .audiences = {"tokenforge", "second"}}).value());
  return *verifier;
}

inline Verifier::Checked Check(std::string_view token, std::chrono::sys_seconds now = kNow) {
  // A copy of exactly this size: AddressSanitizer sees a read behind the end.
  const std::vector<char> exact(token.begin(), token.end());
  return TheVerifier().Check({exact.data(), exact.size()}, TrustedKeys(), now);
}

// Why a token is refused; nothing when it is accepted.
inline std::optional<Refusal> RefusalOf(std::string_view token,
                                        std::chrono::sys_seconds now = kNow) {
  const Verifier::Checked checked = Check(token, now);
  if (const auto* refusal = std::get_if<Refusal>(&checked)) return *refusal;
  return std::nullopt;
}

}  // namespace tokenforge::jose
