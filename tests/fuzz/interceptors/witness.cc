#include "tests/fuzz/interceptors/witness.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "lib/rpc/spiffe.h"

namespace tokenforge::fuzz {
namespace {

using Texts = std::vector<std::string>;
using Seconds = std::chrono::seconds;

constexpr Seconds kFreshWithin{30};
constexpr Seconds kForEver = Seconds::max();

struct Witness {
  bool token = false;
  std::string role;  // its only one
  Texts scopes;
  std::string audience;
  Seconds age{0};                     // of what is known about tokens
  std::optional<rpc::SpiffeId> peer;  // none: a peer that no pattern of either rule names
};

bool Holds(const Texts& values, const std::string& wanted) {
  return std::find(values.begin(), values.end(), wanted) != values.end();
}

bool NeedsToken(const AccessRule& rule) {
  if (rule.access == AccessRule::Access::kAuthenticated) return true;
  return !(rule.any_role.empty() && rule.all_scopes.empty() && rule.audience.empty());
}

Texts AudiencesOf(const AccessRule& rule, const internal::PolicySetting& setting) {
  return rule.audience.empty() ? setting.audiences : Texts{rule.audience};
}

Seconds OldestFor(const AccessRule& rule, const internal::PolicySetting& setting) {
  const Seconds stale = rule.max_stale.value_or(setting.max_stale);
  const Seconds oldest = stale == Seconds(0) ? kForEver : stale;
  return rule.fresh ? std::min(oldest, kFreshWithin) : oldest;
}

bool LetsIn(const AccessRule& rule, const Witness& who, const internal::PolicySetting& setting) {
  if (!rule.peers.empty()) {
    const bool named = std::any_of(rule.peers.begin(), rule.peers.end(), [&](const auto& text) {
      const auto pattern = rpc::SpiffePattern::Parse(text, setting.trust_domain);
      return pattern.ok() && who.peer && pattern->Matches(*who.peer);
    });
    if (!named) return false;
  }
  if (!NeedsToken(rule)) return true;
  return who.token && (rule.any_role.empty() || Holds(rule.any_role, who.role)) &&
         std::all_of(rule.all_scopes.begin(), rule.all_scopes.end(),
                     [&](const std::string& scope) { return Holds(who.scopes, scope); }) &&
         Holds(AudiencesOf(rule, setting), who.audience) && who.age <= OldestFor(rule, setting);
}

// Somebody whom the pattern matches and, as far as it leaves a choice, no other pattern does.
std::optional<rpc::SpiffeId> SomebodyOf(std::string pattern, const std::string& trust_domain) {
  if (pattern.starts_with('/')) pattern = "spiffe://" + trust_domain + pattern;
  for (size_t at; (at = pattern.find("/*")) != std::string::npos;) {
    const bool open_end = pattern.compare(at, std::string::npos, "/**") == 0;
    pattern.replace(at, open_end ? 3 : 2, open_end ? "/zz9/zz8/zz7" : "/zz9");
  }
  const auto id = rpc::SpiffeId::Parse(pattern);
  if (!id.ok()) return std::nullopt;
  return *id;
}

std::vector<Witness> WithPeers(const Witness& who, const AccessRule& rule,
                               const internal::PolicySetting& setting) {
  if (rule.peers.empty()) return {who};
  std::vector<Witness> all;
  for (const std::string& pattern : rule.peers) {
    all.push_back(who);
    all.back().peer = SomebodyOf(pattern, setting.trust_domain);
    if (!all.back().peer) all.pop_back();  // a pattern that matches nobody, and starts no server
  }
  return all;
}

std::vector<Witness> WitnessesOf(const AccessRule& rule, const internal::PolicySetting& setting) {
  if (!NeedsToken(rule)) return WithPeers({}, rule, setting);
  std::vector<Witness> all;
  const Texts roles = rule.any_role.empty() ? Texts{""} : rule.any_role;
  for (const std::string& role : roles) {
    for (const std::string& audience : AudiencesOf(rule, setting)) {
      const Witness who{true,        role, rule.all_scopes, audience, OldestFor(rule, setting),
                        std::nullopt};
      for (Witness& witness : WithPeers(who, rule, setting)) all.push_back(std::move(witness));
    }
  }
  return all;
}

}  // namespace

bool LetsInAllOf(const AccessRule& before, const AccessRule& now,
                 const internal::PolicySetting& setting) {
  const std::vector<Witness> all = WitnessesOf(now, setting);
  return std::all_of(all.begin(), all.end(),
                     [&](const Witness& who) { return LetsIn(before, who, setting); });
}

}  // namespace tokenforge::fuzz
