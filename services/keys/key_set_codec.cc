#include "services/keys/key_set_codec.h"

#include <array>
#include <utility>

#include "lib/jose/base64url.h"
#include "services/keys/key_set_json.h"

namespace tokenforge::keys {
namespace {

constexpr std::string_view kMacWord = "\nmac ";
constexpr std::string_view kMacPurpose = "tokenforge/keys/v1 key set mac";

constexpr std::array<std::pair<std::string_view, KeyState>, 4> kStates = {{
    {"next", KeyState::kNext},
    {"active", KeyState::kActive},
    {"retired", KeyState::kRetired},
    {"revoked", KeyState::kRevoked},
}};

// The associated data: a sealed key moved to another record does not open there.
std::string BoundTo(std::string_view kid, jose::Algorithm algorithm) {
  return "tokenforge/keys/v1 private key\n" + std::string(kid) + "\n" +
         std::string(jose::Name(algorithm));
}

absl::Status Prefixed(const std::string& what, const absl::Status& status) {
  return absl::Status(status.code(), what + " " + std::string(status.message()));
}

}  // namespace

std::string_view NameOf(KeyState state) {
  for (const auto& [name, value] : kStates) {
    if (value == state) return name;
  }
  return "";
}

std::optional<KeyState> KeyStateOf(std::string_view name) {
  for (const auto& [known, state] : kStates) {
    if (known == name) return state;
  }
  return std::nullopt;
}

absl::StatusOr<Sealed> SealKey(const jose::PrivateKey& key, const KeyEncryption& encryption) {
  const absl::StatusOr<secret::Secret> der = key.ToPkcs8();
  if (!der.ok()) return der.status();
  return encryption.Seal(*der, BoundTo(key.kid(), key.algorithm()));
}

absl::StatusOr<jose::PrivateKey> OpenKey(const KeyRecord& record, const KeyEncryption& encryption) {
  const std::string what = "the private key " + record.kid;
  const auto der = encryption.Open(record.private_key, BoundTo(record.kid, record.algorithm));
  if (!der.ok()) return Prefixed(what, der.status());
  absl::StatusOr<jose::PrivateKey> key = jose::PrivateKey::FromPkcs8(*der);
  if (!key.ok()) return Prefixed(what, absl::DataLossError("is not a usable key"));
  if (key->kid() != record.kid || key->algorithm() != record.algorithm) {
    return Prefixed(what, absl::DataLossError("is another key than its record says"));
  }
  return key;
}

absl::StatusOr<KeySetRecord> Resealed(const KeySetRecord& set, const KeyEncryption& encryption) {
  KeySetRecord after = set;
  ++after.version;
  for (KeyRecord& key : after.keys) {
    const absl::StatusOr<jose::PrivateKey> opened = OpenKey(key, encryption);
    if (!opened.ok()) return opened.status();
    absl::StatusOr<Sealed> sealed = SealKey(*opened, encryption);
    if (!sealed.ok()) return sealed.status();
    key.private_key = *std::move(sealed);
  }
  return after;
}

absl::StatusOr<std::string> Encode(const KeySetRecord& set, const KeyEncryption& encryption) {
  const std::string json = WriteJson(set);
  const std::string& kek_id = encryption.first_id();
  const absl::StatusOr<secret::HmacKey> key = encryption.DeriveMacKey(kek_id, kMacPurpose);
  if (!key.ok()) return key.status();
  const secret::Digest mac = key->Sign(json);
  return json + std::string(kMacWord) + kek_id + " " +
         jose::base64url::Encode(secret::AsBytes(mac));
}

absl::StatusOr<KeySetRecord> Decode(std::string_view value, const KeyEncryption& encryption) {
  const std::string what = "the stored key set";
  const size_t end = value.find(kMacWord);
  if (end == std::string_view::npos) {
    return Prefixed(what, absl::DataLossError("is damaged: it has no line of authentication"));
  }
  const std::string_view json = value.substr(0, end);
  const std::string_view line = value.substr(end + kMacWord.size());
  const size_t blank = std::min(line.find(' '), line.size());
  const auto mac = jose::base64url::Decode(line.substr(std::min(blank + 1, line.size())));
  if (!mac) {
    return Prefixed(what, absl::DataLossError("is damaged: its authentication is malformed"));
  }
  const auto key = encryption.DeriveMacKey(line.substr(0, blank), kMacPurpose);
  if (!key.ok()) return Prefixed(what, key.status());
  if (!key->Verify(json, *mac)) {
    return Prefixed(what, absl::DataLossError("is not as a holder of the key '" +
                                              std::string(line.substr(0, blank)) + "' wrote it"));
  }
  std::optional<KeySetRecord> set = ReadJson(json);
  if (!set) {
    return Prefixed(what, absl::DataLossError("has a form that this version does not know"));
  }
  return *std::move(set);
}

}  // namespace tokenforge::keys
