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

using rapidjson::Value;

constexpr std::size_t kJwkLimit = 16 * 1024;

absl::Status Refuse(absl::string_view why) { return absl::InvalidArgumentError(why); }

std::string_view View(const Value& text) { return {text.GetString(), text.GetStringLength()}; }

// The member, or null.
const Value* Find(const Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

// Whether the member is this very string.
bool Is(const Value& object, const char* name, std::string_view expected) {
  const Value* value = Find(object, name);
  return value != nullptr && value->IsString() && View(*value) == expected;
}

absl::StatusOr<std::string> Bytes(const Value& jwk, const char* name) {
  const Value* value = Find(jwk, name);
  if (value == nullptr || !value->IsString()) {
    return Refuse(absl::StrCat("member ", name, " is missing or no string"));
  }
  if (value->GetStringLength() > base64url::EncodedSize(evp::kMostRsaBits / 8)) {
    return Refuse(absl::StrCat("member ", name, " is too long"));
  }
  std::optional<std::string> bytes = base64url::Decode(View(*value));
  if (!bytes.has_value()) return Refuse(absl::StrCat("member ", name, " is not strict base64url"));
  return *std::move(bytes);
}

absl::StatusOr<PublicMembers> ReadMembers(const Value& jwk) {
  if (Is(jwk, "kty", "RSA")) {
    auto n = Bytes(jwk, "n");
    if (!n.ok()) return n.status();
    auto e = Bytes(jwk, "e");
    if (!e.ok()) return e.status();
    return RsaMembers{*std::move(n), *std::move(e)};
  }
  if (Is(jwk, "kty", "EC") && Is(jwk, "crv", "P-256")) {
    auto x = Bytes(jwk, "x");
    if (!x.ok()) return x.status();
    auto y = Bytes(jwk, "y");
    if (!y.ok()) return y.status();
    return EcMembers{*std::move(x), *std::move(y)};
  }
  if (Is(jwk, "kty", "OKP") && Is(jwk, "crv", "Ed25519")) {
    auto x = Bytes(jwk, "x");
    if (!x.ok()) return x.status();
    return OkpMembers{*std::move(x)};
  }
  // Symmetric keys (`oct`) end here: they never verify an access token.
  return Refuse("kty and crv are none of RSA, EC with P-256, OKP with Ed25519");
}

// What the issuer says that the key is for (RFC 7517, sections 4.2 to 4.4).
absl::Status CheckUse(const Value& jwk, Algorithm algorithm) {
  if (Find(jwk, "alg") != nullptr && !Is(jwk, "alg", Name(algorithm))) {
    return Refuse("alg is not the one that keys of this type are used with");
  }
  if (Find(jwk, "use") != nullptr && !Is(jwk, "use", "sig")) return Refuse("use is not sig");
  if (const Value* operations = Find(jwk, "key_ops")) {
    bool verifies = false;
    if (operations->IsArray()) {
      for (const Value& operation : operations->GetArray()) {
        verifies = verifies || (operation.IsString() && View(operation) == "verify");
      }
    }
    if (!verifies) return Refuse("key_ops does not hold verify");
  }
  // A key whose private part was published is anybody's key.
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    if (Find(jwk, name) != nullptr) return Refuse("the key holds private members");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<JsonDocument> ParseDocument(std::string_view json, std::size_t limit) {
  if (json.size() > limit) return Refuse(absl::StrCat("the document is over ", limit, " bytes"));
  if (JudgeJsonText(json) == TextKind::kInvalid) return Refuse("the document is not UTF-8 text");
  JsonDocument document;
  document.text = std::make_unique<char[]>(json.size() + json::kPadding);
  std::copy(json.begin(), json.end(), document.text.get());
  rapidjson::InsituStringStream stream(document.text.get());
  document.root.ParseStream<rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag>(stream);
  if (document.root.HasParseError() || stream.Tell() != json.size())
    return Refuse("the document is not JSON");
  return document;
}

bool HasDuplicates(const rapidjson::Value& object) {
  if (object.MemberCount() > json::kMembersLimit)
    return true;  // as good as: nobody compares thousands in pairs
  for (auto a = object.MemberBegin(); a != object.MemberEnd(); ++a) {
    for (auto b = object.MemberBegin(); b != a; ++b) {
      if (a->name == b->name) return true;
    }
  }
  return false;
}

absl::StatusOr<PublicKey> ReadJwk(const rapidjson::Value& jwk) {
  if (!jwk.IsObject()) return Refuse("a JWK must be an object");
  if (HasDuplicates(jwk)) return Refuse("the JWK has duplicate or too many members");
  const Value* kid = Find(jwk, "kid");
  if (kid == nullptr || !kid->IsString()) return Refuse("kid is missing or no string");
  const absl::StatusOr<PublicMembers> members = ReadMembers(jwk);
  if (!members.ok()) return members.status();
  if (absl::Status status = CheckUse(jwk, AlgorithmOf(*members)); !status.ok()) return status;
  return PublicKey::Of(*members, View(*kid));
}

absl::StatusOr<PublicKey> PublicKey::FromJwk(std::string_view json) {
  const absl::StatusOr<JsonDocument> document = ParseDocument(json, kJwkLimit);
  if (!document.ok()) return document.status();
  return ReadJwk(document->root);
}

}  // namespace tokenforge::jose
