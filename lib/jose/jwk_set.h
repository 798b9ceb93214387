// The keys that are trusted now: an immutable snapshot of an RFC 7517 JWK Set, found by `kid`.
//
// A cheap value (keys share their state); thread-safe. Whoever swaps sets under readers holds a
// std::shared_ptr<const JwkSet>.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/public_key.h"

namespace tokenforge::jose {

class JwkSet {
 public:
  static constexpr std::size_t kDocumentLimit = 128 * 1024;
  static constexpr std::size_t kKeysLimit = 64;

  // No keys: every token is refused with kUnknownKey.
  JwkSet() = default;

  // Of two keys with one kid the first stays.
  static JwkSet Of(std::vector<PublicKey> keys);

  // Parses {"keys":[…]}. An entry that is not understood, not allowed (`oct`, RSA below 2048 bits,
  // …) or whose kid came before is left out and listed in ignored(); the others stay (RFC 7517,
  // section 5). INVALID_ARGUMENT for a document that is over kDocumentLimit bytes, not JSON, nested
  // over 8 levels, without an array `keys`, with duplicate members, or with more than kKeysLimit
  // entries; keep the previous set then. A set may be empty.
  static absl::StatusOr<JwkSet> Parse(std::string_view json);

  // Null when unknown. The key lives as long as the set.
  const PublicKey* Find(std::string_view kid) const;
  // The key whose own signer writes exactly this encoded header; null when no key's does.
  const PublicKey* FindByHeader(std::string_view header_segment) const;

  // By kid, ascending.
  const std::vector<PublicKey>& keys() const { return keys_; }
  // Why entries of the parsed document were left out, one line each, fit for a log: "entry 2: RSA
  // key is below 2048 bits".
  const std::vector<std::string>& ignored() const { return ignored_; }

  // RFC 7517 JSON by ascending kid: the same keys are always the same text, whatever order they
  // came in.
  std::string ToJson() const;

 private:
  std::vector<PublicKey> keys_;
  std::vector<std::pair<std::string_view, std::size_t>> by_header_;  // sorted; index into keys_
  std::vector<std::string> ignored_;
};

}  // namespace tokenforge::jose
