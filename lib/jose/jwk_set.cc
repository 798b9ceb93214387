#include "lib/jose/jwk_set.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "lib/jose/jwk.h"

namespace tokenforge::jose {

JwkSet JwkSet::Of(std::vector<PublicKey> keys) {
  JwkSet set;
  for (PublicKey& key : keys) {
    const bool known =
        std::any_of(set.keys_.begin(), set.keys_.end(),
                    [&key](const PublicKey& other) { return other.kid() == key.kid(); });
    if (!known) set.keys_.push_back(std::move(key));
  }
  std::sort(set.keys_.begin(), set.keys_.end(),
            [](const PublicKey& a, const PublicKey& b) { return a.kid() < b.kid(); });
  for (std::size_t i = 0; i < set.keys_.size(); ++i)
    set.by_header_.emplace_back(set.keys_[i].header_segment(), i);
  std::sort(set.by_header_.begin(), set.by_header_.end());
  return set;
}

absl::StatusOr<JwkSet> JwkSet::Parse(std::string_view json) {
  const absl::StatusOr<JwkDocument> document = ParseJwkSet(json, kDocumentLimit, kKeysLimit);
  if (!document.ok()) return document.status();

  std::vector<PublicKey> keys;
  std::vector<std::string> ignored;
  for (std::size_t i = 0; i < document->entries.size(); ++i) {
    absl::StatusOr<PublicKey> key = ReadJwk(document->entries[i]);
    if (!key.ok()) {
      ignored.push_back(absl::StrCat("entry ", i, ": ", key.status().message()));
    } else if (std::any_of(keys.begin(), keys.end(),
                           [&key](const PublicKey& other) { return other.kid() == key->kid(); })) {
      ignored.push_back(absl::StrCat("entry ", i, ": an earlier entry has the same kid"));
    } else {
      keys.push_back(*std::move(key));
    }
  }
  JwkSet set = Of(std::move(keys));
  set.ignored_ = std::move(ignored);
  return set;
}

const PublicKey* JwkSet::Find(std::string_view kid) const {
  const auto found = std::lower_bound(
      keys_.begin(), keys_.end(), kid,
      [](const PublicKey& key, std::string_view wanted) { return key.kid() < wanted; });
  return found != keys_.end() && found->kid() == kid ? &*found : nullptr;
}

const PublicKey* JwkSet::FindByHeader(std::string_view header_segment) const {
  const auto found = std::lower_bound(
      by_header_.begin(), by_header_.end(), header_segment,
      [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
  return found != by_header_.end() && found->first == header_segment ? &keys_[found->second]
                                                                     : nullptr;
}

std::string JwkSet::ToJson() const {
  std::string json = "{\"keys\":[";
  for (const PublicKey& key : keys_) {
    if (&key != keys_.data()) json += ',';
    json += key.jwk();
  }
  return json += "]}";
}

}  // namespace tokenforge::jose
