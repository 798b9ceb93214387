#include "lib/jose/jwk.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/jose/base64url.h"
#include "lib/jose/evp.h"

namespace tokenforge::jose {
namespace {

constexpr std::size_t kJwkLimit = 16 * 1024;

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(why); }

absl::StatusOr<std::string> Bytes(const JwkEntry& jwk, const char* name) {
  const JwkMember* member = jwk.Find(name);
  if (member == nullptr || !member->is_text) {
    return Refuse(absl::StrCat("member ", name, " is missing or no string"));
  }
  if (member->text.size() > base64url::EncodedSize(evp::kMostRsaBits / 8)) {
    return Refuse(absl::StrCat("member ", name, " is too long"));
  }
  std::optional<std::string> bytes = base64url::Decode(member->text);
  if (!bytes.has_value()) return Refuse(absl::StrCat("member ", name, " is not strict base64url"));
  return *std::move(bytes);
}

absl::StatusOr<PublicMembers> ReadMembers(const JwkEntry& jwk) {
  if (jwk.Is("kty", "RSA")) {
    auto n = Bytes(jwk, "n");
    if (!n.ok()) return n.status();
    auto e = Bytes(jwk, "e");
    if (!e.ok()) return e.status();
    return RsaMembers{*std::move(n), *std::move(e)};
  }
  if (jwk.Is("kty", "EC") && jwk.Is("crv", "P-256")) {
    auto x = Bytes(jwk, "x");
    if (!x.ok()) return x.status();
    auto y = Bytes(jwk, "y");
    if (!y.ok()) return y.status();
    return EcMembers{*std::move(x), *std::move(y)};
  }
  if (jwk.Is("kty", "OKP") && jwk.Is("crv", "Ed25519")) {
    auto x = Bytes(jwk, "x");
    if (!x.ok()) return x.status();
    return OkpMembers{*std::move(x)};
  }
  // Symmetric keys (`oct`) end here: they never verify an access token.
  return Refuse("kty and crv are none of RSA, EC with P-256, OKP with Ed25519");
}

// What the issuer says that the key is for (RFC 7517, sections 4.2 to 4.4).
absl::Status CheckUse(const JwkEntry& jwk, Algorithm algorithm) {
  if (jwk.Find("alg") != nullptr && !jwk.Is("alg", Name(algorithm))) {
    return Refuse("alg is not the one that keys of this type are used with");
  }
  if (jwk.Find("use") != nullptr && !jwk.Is("use", "sig")) return Refuse("use is not sig");
  const JwkMember* operations = jwk.Find("key_ops");
  if (operations != nullptr && !operations->lists_verify)
    return Refuse("key_ops does not hold verify");
  // A key whose private part was published is anybody's key.
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (jwk.Find(name) != nullptr) return Refuse("the key holds private members");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PublicKey> ReadJwk(const JwkEntry& jwk) {
  if (!jwk.is_object) return Refuse("a JWK must be an object");
  if (jwk.HasDuplicates()) return Refuse("the JWK has duplicate or too many members");
  const JwkMember* kid = jwk.Find("kid");
  if (kid == nullptr || !kid->is_text) return Refuse("kid is missing or no string");
  const absl::StatusOr<PublicMembers> members = ReadMembers(jwk);
  if (!members.ok()) return members.status();
  if (absl::Status status = CheckUse(jwk, AlgorithmOf(*members)); !status.ok()) return status;
  return PublicKey::Of(*members, kid->text);
}

absl::StatusOr<PublicKey> PublicKey::FromJwk(std::string_view json) {
  const absl::StatusOr<JwkDocument> document = ParseJwk(json, kJwkLimit);
  if (!document.ok()) return document.status();
  return ReadJwk(document->entries.front());
}

}  // namespace tokenforge::jose
