#include <cstdlib>
#include <string>

#include "lib/rpc/spiffe.h"
#include "tests/fuzz/rpc/targets.h"

namespace tokenforge::fuzz {
namespace {

constexpr std::string_view kDomain = "tokenforge.local";
constexpr std::string_view kScheme = "spiffe://";

void Must(bool holds) {
  if (!holds) std::abort();
}

std::string_view NextSegment(std::string_view* path) {
  path->remove_prefix(1);
  const std::string_view segment = path->substr(0, path->find('/'));
  path->remove_prefix(segment.size());
  return segment;
}

// By the words of the header alone: "*" is one segment, a last "**" one or more.
bool Matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = NextSegment(&pattern);
    if (wanted == "**" && pattern.empty()) return true;
    const std::string_view name = NextSegment(&path);
    if (wanted != "*" && wanted != name) return false;
  }
  return pattern.empty() && path.empty();
}

void CheckId(const rpc::SpiffeId& id, std::string_view text) {
  Must(id.text() == text);
  Must(std::string(kScheme).append(id.trust_domain()).append(id.path()) == text);
  const auto itself = rpc::SpiffePattern::Parse(text, kDomain);
  Must(itself.ok() && itself->Matches(id));
  const auto longer = rpc::SpiffeId::Parse(std::string(text) + "x");
  Must(!longer.ok() || !itself->Matches(*longer));
  // A path pattern is completed by our own trust domain only.
  const auto path = rpc::SpiffePattern::Parse(id.path(), kDomain);
  Must(path.ok() && path->Matches(id) == (id.trust_domain() == kDomain));
}

void CheckPattern(const rpc::SpiffePattern& pattern, std::string_view text,
                  const rpc::SpiffeId& id) {
  Must(pattern.text() == text);
  std::string_view domain = kDomain, path = text;
  if (text.starts_with(kScheme)) {
    domain = text.substr(kScheme.size());
    domain = domain.substr(0, domain.find('/'));
    path = text.substr(kScheme.size() + domain.size());
  }
  Must(pattern.Matches(id) == (id.trust_domain() == domain && Matches(path, id.path())));
}

}  // namespace

bool CheckSpiffe(std::string_view bytes) {
  const std::string_view first = bytes.substr(0, bytes.find('\n'));
  const std::string_view second = bytes.substr(std::min(first.size() + 1, bytes.size()));
  const auto id = rpc::SpiffeId::Parse(first);
  if (id.ok()) CheckId(*id, first);
  const auto pattern = rpc::SpiffePattern::Parse(second, kDomain);
  if (!id.ok() || !pattern.ok()) return false;
  CheckPattern(*pattern, second, *id);
  return true;
}

}  // namespace tokenforge::fuzz
