// JsonTree: a small JSON document as values that know their lines, for files that people write.
//
// Strict (RFC 8259): UTF-8, no comments, no duplicate members, nothing after the document. The
// limits are looked at before memory is spent: size first, then depth and number of values while
// parsing. Syntax ends at its first fault; duplicate members are all named.
//
// Pure. RapidJSON is seen by the .cc file only, in a namespace of ours, so that a program that
// brings another version of it can link the guard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::internal {

struct JsonTree {
  enum class Kind { kNull, kBool, kNumber, kText, kArray, kObject };
  Kind kind = Kind::kNull;
  std::size_t line = 1;  // of its name, or of its beginning
  std::string name;      // in the object that it is a member of
  std::string text;      // of kText
  bool truth = false;    // of kBool
  bool whole = false;    // of kNumber: whether `number` is exactly what was written
  std::int64_t number = 0;
  std::vector<JsonTree> children;  // of kArray and kObject, in order
};

struct JsonLimits {
  std::size_t bytes = 1 << 20;
  std::size_t depth = 8;
  std::size_t values = 100'000;
};

// INVALID_ARGUMENT INVALID_FIELD: fields are "line 3". Any bytes are safe to give.
absl::StatusOr<JsonTree> ParseJsonTree(std::string_view text, const JsonLimits& limits);

// A name of a document as it may stand in a message: at most 100 bytes, '?' for each that is not
// visible ASCII.
std::string Shown(std::string_view name);

}  // namespace tokenforge::internal
