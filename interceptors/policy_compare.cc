#include "interceptors/policy_compare.h"

#include <algorithm>

#include "lib/rpc/spiffe.h"

namespace tokenforge::internal {
namespace {

using Texts = std::vector<std::string>;

bool Holds(const Texts& values, const std::string& wanted) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

std::string Joined(const Texts& values) {
  std::string joined;
  for (const std::string& value : values) joined += (joined.empty() ? "" : ", ") + value;
  return joined;
}

// Those of `values` that `in` does not hold.
Texts Without(const Texts& values, const Texts& in) {
  Texts rest;
  for (const std::string& value : values) {
    if (!Holds(in, value)) rest.push_back(value);
  }
  return rest;
}

bool NeedsToken(const AccessRule& rule) {
  return rule.access == AccessRule::Access::kAuthenticated || !rule.any_role.empty() ||
         !rule.all_scopes.empty() || !rule.audience.empty();
}

// Whether one of the patterns takes everybody whom this one takes: the same text, or one whole ID
// that a pattern matches.
bool Covered(const std::string& pattern, const AccessRule& before, const PolicySetting& setting) {
  if (Holds(before.peers, pattern)) return true;
  const std::string whole =
      pattern.starts_with("/") ? "spiffe://" + setting.trust_domain + pattern : pattern;
  const absl::StatusOr<rpc::SpiffeId> id = rpc::SpiffeId::Parse(whole);
  if (!id.ok()) return false;
  return std::any_of(before.peers.begin(), before.peers.end(), [&](const std::string& text) {
    const auto known = rpc::SpiffePattern::Parse(text, setting.trust_domain);
    return known.ok() && known->Matches(*id);
  });
}

void ComparePeers(const AccessRule& before, const AccessRule& now, const PolicySetting& setting,
                  Texts& looser) {
  if (before.peers.empty()) return;
  if (now.peers.empty()) {
    looser.push_back("any peer may call");
    return;
  }
  for (const std::string& pattern : now.peers) {
    if (!Covered(pattern, before, setting)) looser.push_back("peers " + pattern + " may call");
  }
}

void CompareAudience(const AccessRule& before, const AccessRule& now, const PolicySetting& setting,
                     Texts& looser) {
  const Texts was = before.audience.empty() ? setting.audiences : Texts{before.audience};
  const Texts is = now.audience.empty() ? setting.audiences : Texts{now.audience};
  if (const Texts more = Without(is, was); !more.empty()) {
    looser.push_back("tokens for " + Joined(more) + " pass");
  }
}

void CompareAge(const AccessRule& before, const AccessRule& now, const PolicySetting& setting,
                Texts& looser) {
  if (before.fresh && !now.fresh) looser.push_back("it is no longer fresh");
  const std::chrono::seconds was = before.max_stale.value_or(setting.max_stale);
  const std::chrono::seconds is = now.max_stale.value_or(setting.max_stale);
  if (was.count() > 0 && (is.count() == 0 || is > was)) {
    looser.push_back("knowledge about tokens may be older");
  }
}

}  // namespace

Texts LooserThan(const AccessRule& before, const AccessRule& now, const PolicySetting& setting) {
  Texts looser;
  ComparePeers(before, now, setting, looser);
  if (!NeedsToken(before)) return looser;
  if (!NeedsToken(now)) {
    looser.push_back("no token is needed any more");
    return looser;
  }
  if (!before.any_role.empty()) {
    const Texts more = Without(now.any_role, before.any_role);
    if (!more.empty()) looser.push_back("the roles " + Joined(more) + " are enough");
    if (now.any_role.empty()) looser.push_back("no role is needed any more");
  }
  if (const Texts less = Without(before.all_scopes, now.all_scopes); !less.empty()) {
    looser.push_back("the scopes " + Joined(less) + " are not needed any more");
  }
  CompareAudience(before, now, setting, looser);
  CompareAge(before, now, setting, looser);
  return looser;
}

std::string Describe(const AccessRule& rule) {
  Texts parts;
  if (rule.access == AccessRule::Access::kPublic) parts.push_back("PUBLIC");
  if (NeedsToken(rule)) parts.push_back("AUTHENTICATED");
  if (!rule.any_role.empty()) parts.push_back("any_role: " + Joined(rule.any_role));
  if (!rule.all_scopes.empty()) parts.push_back("all_scopes: " + Joined(rule.all_scopes));
  if (!rule.peers.empty()) parts.push_back("peers: " + Joined(rule.peers));
  if (!rule.audience.empty()) parts.push_back("audience: " + rule.audience);
  if (rule.fresh) parts.push_back("fresh");
  if (rule.max_stale) {
    parts.push_back("max_stale: " + std::to_string(rule.max_stale->count()) + " s");
  }
  return Joined(parts);
}

}  // namespace tokenforge::internal
