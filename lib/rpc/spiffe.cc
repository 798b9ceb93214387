#include "lib/rpc/spiffe.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::rpc {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kMaxId = 2048;
constexpr size_t kMaxTrustDomain = 255;

bool IsDomainChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}
bool IsSegmentChar(char c) { return IsDomainChar(c) || (c >= 'A' && c <= 'Z'); }

bool IsTrustDomain(std::string_view text) {
  return !text.empty() && text.size() <= kMaxTrustDomain &&
         std::all_of(text.begin(), text.end(), IsDomainChar);
}

bool IsSegment(std::string_view text) {
  return !text.empty() && text != "." && text != ".." &&
         std::all_of(text.begin(), text.end(), IsSegmentChar);
}

// The segments of "/a/b"; empty when it does not begin with a slash.
std::vector<std::string> SegmentsOf(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty() && path.front() == '/') {
    path.remove_prefix(1);
    const size_t end = std::min(path.find('/'), path.size());
    segments.emplace_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

absl::Status Bad(std::string_view description) {
  return errors::InvalidFields({{"spiffe_id", std::string(description)}});
}

}  // namespace

absl::StatusOr<SpiffeId> SpiffeId::Parse(std::string_view text) {
  if (text.size() > kMaxId) return Bad("is longer than 2048 bytes");
  if (text.substr(0, kScheme.size()) != kScheme) return Bad("must begin with spiffe://");
  const size_t slash = text.find('/', kScheme.size());
  if (slash == std::string_view::npos) return Bad("must have a path that names a workload");
  if (!IsTrustDomain(text.substr(kScheme.size(), slash - kScheme.size()))) {
    return Bad("has a malformed trust domain: 1 to 255 of a-z 0-9 . - _, without user or port");
  }
  for (const std::string& segment : SegmentsOf(text.substr(slash))) {
    if (!IsSegment(segment)) {
      return Bad("has a malformed path: segments of A-Z a-z 0-9 . - _, none empty, '.' or '..'");
    }
  }
  return SpiffeId(std::string(text), slash);
}

std::string_view SpiffeId::trust_domain() const {
  return std::string_view(text_).substr(kScheme.size(), path_begin_ - kScheme.size());
}

std::string_view SpiffeId::path() const { return std::string_view(text_).substr(path_begin_); }

absl::StatusOr<SpiffePattern> SpiffePattern::Parse(std::string_view text,
                                                   std::string_view own_trust_domain) {
  SpiffePattern pattern;
  pattern.text_ = text;
  std::string_view path = text;
  pattern.trust_domain_ = own_trust_domain;
  if (text.substr(0, kScheme.size()) == kScheme) {
    const size_t slash = std::min(text.find('/', kScheme.size()), text.size());
    pattern.trust_domain_ = text.substr(kScheme.size(), slash - kScheme.size());
    path = text.substr(slash);
  }
  if (!IsTrustDomain(pattern.trust_domain_)) return Bad("pattern has a malformed trust domain");
  pattern.segments_ = SegmentsOf(path);
  if (pattern.segments_.empty() || text.size() > kMaxId) {
    return Bad("pattern must be a SPIFFE ID or a path such as /web, at most 2048 bytes");
  }
  if (pattern.segments_.back() == "**") {
    pattern.open_end_ = true;
    pattern.segments_.back() = "*";
  }
  for (const std::string& segment : pattern.segments_) {
    if (segment != "*" && !IsSegment(segment)) {
      return Bad("pattern has a malformed segment: a name, '*', or '**' as the last");
    }
  }
  return pattern;
}

bool SpiffePattern::Matches(const SpiffeId& id) const {
  if (id.trust_domain() != trust_domain_) return false;
  const std::vector<std::string> names = SegmentsOf(id.path());
  if (open_end_ ? names.size() < segments_.size() : names.size() != segments_.size()) return false;
  for (size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i] != "*" && segments_[i] != names[i]) return false;
  }
  return true;
}

bool MatchesAny(const std::vector<SpiffePattern>& patterns, const SpiffeId& id) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const SpiffePattern& pattern) { return pattern.Matches(id); });
}

}  // namespace tokenforge::rpc
