// The JSON of a JWK or a JWK Set, read for its entries' own members; for this folder's .cc files.
//
// Without a tree: entries are kept flat, everything else is checked as JSON and forgotten.
// (RapidJSON's tree does not even compile with clang 19.) Values; thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::jose {

// One member of a JWK. Views point into the document's text.
struct JwkMember {
  std::string_view name;
  bool is_text = false;
  std::string_view text;
  bool lists_verify = false;  // it is an array that holds the string "verify", as `key_ops` should
};

// One JWK, or what stands in its place.
struct JwkEntry {
  bool is_object = false;
  std::vector<JwkMember>
      members;  // in order, duplicates and all; at most json::kMembersLimit + 1 are kept

  // The first of this name, or null.
  const JwkMember* Find(std::string_view name) const;
  bool Is(std::string_view name, std::string_view expected) const;
  // Whether a member comes twice, or there are too many to compare.
  bool HasDuplicates() const;
};

struct JwkDocument {
  std::unique_ptr<char[]> text;
  std::vector<JwkEntry> entries;
};

// A JWK Set's entries, or the one entry of a JWK. INVALID_ARGUMENT when the text is over `limit`
// bytes, not UTF-8, not one JSON object, nests deeper
// than json::kDepthLimit, names a top-level member twice, lacks an array `keys`
// (set), or has more than `entries_limit` entries.
absl::StatusOr<JwkDocument> ParseJwkSet(std::string_view json, std::size_t limit,
                                        std::size_t entries_limit);
absl::StatusOr<JwkDocument> ParseJwk(std::string_view json, std::size_t limit);

}  // namespace tokenforge::jose
