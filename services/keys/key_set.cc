#include "services/keys/key_set.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "lib/jose/jwk_set.h"
#include "services/keys/key_changes.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {
namespace {

static_assert(kMostKeys <= jose::JwkSet::kKeysLimit, "verifiers must be able to read every set");

long CountOf(const KeySetRecord& set, KeyState state) {
  return std::count_if(set.keys.begin(), set.keys.end(),
                       [&](const KeyRecord& key) { return key.state == state; });
}

absl::Status CheckShape(const KeySetRecord& set) {
  std::set<std::string_view> kids;
  for (const KeyRecord& key : set.keys) kids.insert(key.kid);
  if (set.version == 0 || kids.size() != set.keys.size() || set.keys.size() > kMostKeys ||
      CountOf(set, KeyState::kActive) != 1 || CountOf(set, KeyState::kNext) > 1) {
    return absl::DataLossError(
        "the stored key set is not whole: it needs one active key, at most one next, and no kid "
        "twice");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const KeySet>> KeySet::Open(KeySetRecord record,
                                                           const KeyEncryption& encryption) {
  if (absl::Status shape = CheckShape(record); !shape.ok()) return shape;
  std::sort(record.keys.begin(), record.keys.end(), [](const KeyRecord& a, const KeyRecord& b) {
    return a.create_time != b.create_time ? a.create_time > b.create_time : a.kid < b.kid;
  });
  std::vector<Key> keys;
  std::vector<jose::PublicKey> trusted;
  std::optional<jose::Signer> active;
  for (KeyRecord& key : record.keys) {
    const absl::StatusOr<jose::PrivateKey> opened = OpenKey(key, encryption);
    if (!opened.ok()) return opened.status();
    if (key.state == KeyState::kActive) active.emplace(*opened);
    if (key.state != KeyState::kRevoked) trusted.push_back(opened->public_key());
    keys.push_back({std::move(key), opened->public_key()});
  }
  std::string jwks = jose::JwkSet::Of(std::move(trusted)).ToJson();
  return std::shared_ptr<const KeySet>(
      new KeySet(record.version, std::move(keys), *std::move(active), std::move(jwks)));
}

const KeySet::Key* KeySet::Find(std::string_view kid) const {
  for (const Key& key : keys_) {
    if (key.record.kid == kid) return &key;
  }
  return nullptr;
}

KeySetRecord KeySet::ToRecord() const {
  KeySetRecord record{version_, {}};
  for (const Key& key : keys_) record.keys.push_back(key.record);
  return record;
}

}  // namespace tokenforge::keys
