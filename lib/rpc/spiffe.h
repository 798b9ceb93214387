// SPIFFE IDs, and the patterns that name who may call.
//
// An ID is parsed once, strictly (SPIFFE-ID sections 2, 2.1, 2.2), and compared as a whole string;
// there is no prefix match that a cleverly chosen name could pass. Values: copyable, immutable,
// thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::rpc {

// "spiffe://trust.domain/path": a workload's name. Only Parse makes one.
class SpiffeId {
 public:
  // INVALID_FIELD unless: scheme `spiffe` in lower case; a trust domain of 1 to 255 of [a-z0-9._-],
  // without user or port; a path of at least one segment, each of [A-Za-z0-9._-], none empty, "."
  // or ".."; no trailing slash, query, fragment or percent-encoding; at most 2048 bytes.
  static absl::StatusOr<SpiffeId> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  std::string_view trust_domain() const;  // "trust.domain"
  std::string_view path() const;          // "/path"

  friend bool operator==(const SpiffeId&, const SpiffeId&) = default;

 private:
  SpiffeId(std::string text, size_t path_begin) : text_(std::move(text)), path_begin_(path_begin) {}
  std::string text_;
  size_t path_begin_ = 0;
};

// One entry of `peers` in an access rule: a whole SPIFFE ID, or a path in the trust domain of the
// server. A segment
// "*" matches any one segment; a last segment "**" matches one or more. The trust domain is never a
// pattern.
class SpiffePattern {
 public:
  // INVALID_FIELD: neither a SPIFFE ID nor a path in this syntax. `own_trust_domain` completes a
  // path.
  static absl::StatusOr<SpiffePattern> Parse(std::string_view text,
                                             std::string_view own_trust_domain);

  bool Matches(const SpiffeId& id) const;
  const std::string& text() const { return text_; }  // as it was written

 private:
  SpiffePattern() = default;
  std::string text_;
  std::string trust_domain_;
  std::vector<std::string> segments_;
  bool open_end_ = false;  // ends in "**"
};

// Whether one of them matches; an empty list matches nobody.
bool MatchesAny(const std::vector<SpiffePattern>& patterns, const SpiffeId& id);

}  // namespace tokenforge::rpc
