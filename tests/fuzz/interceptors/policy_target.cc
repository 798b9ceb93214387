#include <algorithm>
#include <cstdlib>
#include <string>

#include "interceptors/policy_file.h"
#include "interceptors/policy_overlay.h"
#include "tests/fuzz/interceptors/targets.h"
#include "tests/fuzz/interceptors/witness.h"

namespace tokenforge::fuzz {
namespace {

using internal::PolicyBase;
using internal::PolicyEntry;
using internal::PolicyFile;

void Must(bool holds) {
  if (!holds) std::abort();
}

void CheckFaults(const std::vector<errors::FieldFault>& faults) {
  const auto clean = [](const std::string& text) {
    return !text.empty() && std::none_of(text.begin(), text.end(),
                                         [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  };
  for (const errors::FieldFault& fault : faults)
    Must(clean(fault.field) && clean(fault.description));
}

// --- The file as text again.

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string List(const std::vector<std::string>& values) {
  std::string list;
  for (const std::string& value : values) list += (list.empty() ? "" : ",") + Quoted(value);
  return "[" + list + "]";
}

std::string Written(const PolicyEntry& entry) {
  std::string members;
  const auto put = [&members](const char* name, const std::string& value) {
    members += (members.empty() ? "" : ",") + Quoted(name) + ":" + value;
  };
  const AccessRule& rule = entry.rule;
  if (rule.access == AccessRule::Access::kPublic) put("access", "\"PUBLIC\"");
  if (rule.access == AccessRule::Access::kAuthenticated) put("access", "\"AUTHENTICATED\"");
  if (!rule.any_role.empty()) put("any_role", List(rule.any_role));
  if (!rule.all_scopes.empty()) put("all_scopes", List(rule.all_scopes));
  if (!rule.peers.empty()) put("peers", List(rule.peers));
  if (!rule.audience.empty()) put("audience", Quoted(rule.audience));
  if (rule.fresh) put("fresh", "true");
  if (rule.max_stale) put("max_stale_seconds", std::to_string(rule.max_stale->count()));
  if (!entry.loosens_because.empty()) put("loosens_because", Quoted(entry.loosens_because));
  return Quoted(entry.target) + ":{" + members + "}";
}

void CheckReadsBack(const PolicyFile& file) {
  std::string text;
  for (const PolicyEntry& entry : file.entries) text += (text.empty() ? "" : ",") + Written(entry);
  text = "{\"rules\":{" + text + "}}";
  if (text.size() > internal::kMaxPolicyBytes) return;  // escapes may make it longer than it was
  const auto again = internal::ParsePolicyFile(text);
  Must(again.ok() && std::equal(again->entries.begin(), again->entries.end(), file.entries.begin(),
                                file.entries.end(), [](const auto& a, const auto& b) {
                                  return a.target == b.target && a.rule == b.rule &&
                                         a.loosens_because == b.loosens_because;
                                }));
}

// --- Laid over rules of every kind.

constexpr std::string_view kBase = R"({"rules": {
  "a.v1.S/Default": {"access": "AUTHENTICATED"},
  "a.v1.S/Public": {"access": "PUBLIC"},
  "a.v1.S/Roles": {"any_role": ["admin", "root"]},
  "a.v1.S/Scopes": {"all_scopes": ["read", "write"], "audience": "reports"},
  "a.v1.S/Peers": {"peers": ["/web", "/batch/**", "spiffe://other.example/*/x"]},
  "a.v1.S/Both": {"any_role": ["admin"], "peers": ["/web/*"]},
  "a.v1.S/Fresh": {"access": "AUTHENTICATED", "fresh": true},
  "a.v1.S/Stale": {"access": "AUTHENTICATED", "max_stale_seconds": 600},
  "*": {"any_role": ["admin"]},
  "g.v1.G": {"access": "PUBLIC"}
}})";

PolicyBase Base() {
  PolicyBase base;
  base.has_generic = true;
  const PolicyFile file = internal::ParsePolicyFile(kBase).value();
  for (const PolicyEntry& entry : file.entries) {
    if (entry.target.starts_with("a.v1.S/")) {
      const bool own = entry.target != "a.v1.S/Default";
      base.methods.push_back({entry.target, {entry.rule, own}});
    } else {
      base.generic[entry.target] = entry.rule;
    }
  }
  return base;
}

void CheckOverlay(const PolicyFile& file) {
  static const PolicyBase base = Base();
  static const internal::PolicySetting setting{
      "tokenforge.local", {"tokenforge", "notes"}, std::chrono::hours(24)};
  std::vector<errors::FieldFault> faults;
  const internal::Policy policy = internal::LayOver(base, file, setting, faults);
  CheckFaults(faults);
  Must(policy.rules.size() == base.methods.size());
  for (const internal::Override& change : policy.overrides) {
    if (change.before == AccessRule()) continue;  // nothing was underneath
    const bool told = !change.because.empty() || !faults.empty();
    Must(told || LetsInAllOf(change.before, change.now, setting));
    Must(change.looser.empty() == internal::LooserThan(change.before, change.now, setting).empty());
  }
  for (size_t i = 0; i < base.methods.size(); ++i) {
    Must(internal::LooserThan(policy.rules[i], policy.rules[i], setting).empty());
  }
}

}  // namespace

bool CheckPolicyFile(std::string_view bytes) {
  const auto file = internal::ParsePolicyFile(bytes);
  if (!file.ok()) {
    const auto faults = errors::FaultsOf(file.status());
    Must(!faults.empty());
    CheckFaults(faults);
    return false;
  }
  CheckReadsBack(*file);
  CheckOverlay(*file);
  return true;
}

}  // namespace tokenforge::fuzz
