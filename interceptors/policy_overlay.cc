#include "interceptors/policy_overlay.h"

#include <set>
#include <utility>

namespace tokenforge::internal {
namespace {

using Faults = std::vector<errors::FieldFault>;

std::string ServiceOf(const std::string& target) { return target.substr(0, target.find('/')); }
bool IsMethod(const std::string& target) { return target.find('/') != std::string::npos; }

class Laying {
 public:
  Laying(const PolicyBase& base, const PolicyFile& file, const PolicySetting& setting,
         Faults& faults)
      : base_(base), setting_(setting), faults_(faults) {
    for (const PolicyEntry& entry : file.entries) entries_.emplace(entry.target, &entry);
    for (const PolicyBase::Method& method : base.methods) services_.insert(ServiceOf(method.name));
  }

  Policy Run() {
    policy_.generic = base_.generic;
    for (const PolicyBase::Method& method : base_.methods) LayMethod(method);
    for (const auto& [target, entry] : entries_) {
      if (used_.contains(target)) continue;
      if (services_.contains(ServiceOf(target))) {
        AddUnused(*entry);
      } else if (base_.has_generic) {
        LayGeneric(*entry);
      } else {
        Add(*entry, target == "*" ? "is for generic services, and there is none"
                                  : "names no method of a protected service");
      }
    }
    return std::move(policy_);
  }

 private:
  void Add(const PolicyEntry& entry, std::string description) {
    faults_.push_back({"line " + std::to_string(entry.line) + ", rules.\"" + entry.target + "\"",
                       std::move(description)});
  }

  const PolicyEntry* EntryFor(const PolicyBase::Method& method) {
    auto entry = entries_.find(method.name);
    if (entry == entries_.end() && !method.declared.own) {
      entry = entries_.find(ServiceOf(method.name));
    }
    return entry == entries_.end() ? nullptr : entry->second;
  }

  void LayMethod(const PolicyBase::Method& method) {
    const PolicyEntry* const entry = EntryFor(method);
    if (entry != nullptr) used_.insert(entry->target);
    if (!method.declared.rule) {
      // Also when an entry names it: a file overrides rules, it does not replace the proto's.
      faults_.push_back({method.name,
                         "has no rule, and its service no default_rule: say who may call it "
                         "(tokenforge/access/v1/access.proto)"});
      policy_.rules.emplace_back();
    } else if (entry == nullptr) {
      policy_.rules.push_back(*method.declared.rule);
    } else {
      policy_.rules.push_back(entry->rule);
      Note(*entry, method.name, *method.declared.rule,
           LooserThan(*method.declared.rule, entry->rule, setting_));
    }
  }

  void Note(const PolicyEntry& entry, const std::string& method, const AccessRule& before,
            std::vector<std::string> looser) {
    if (entry.rule == AccessRule()) return;  // its fault is known
    if (!looser.empty() && entry.loosens_because.empty()) {
      std::string ways;
      for (const std::string& way : looser) ways += (ways.empty() ? "" : "; ") + way;
      Add(entry, "is looser than the rule of " + method + " (" + ways +
                     "): if that is meant, say why in loosens_because");
    }
    policy_.overrides.push_back(
        {method, before, entry.rule, entry.line, std::move(looser), entry.loosens_because});
  }

  // The service is there; the method is not, or the default would be nobody's.
  void AddUnused(const PolicyEntry& entry) {
    Add(entry,
        IsMethod(entry.target)
            ? "names no method of its service"
            : "would change nothing: each method of the service has a rule or an entry of its own");
  }

  void LayGeneric(const PolicyEntry& entry) {
    const AccessRule* before = nullptr;
    for (const std::string& target : {entry.target, ServiceOf(entry.target), std::string("*")}) {
      const auto found = base_.generic.find(target);
      if (before == nullptr && found != base_.generic.end()) before = &found->second;
    }
    policy_.generic[entry.target] = entry.rule;
    if (before == nullptr) return Note(entry, entry.target, {}, {});
    Note(entry, entry.target, *before, LooserThan(*before, entry.rule, setting_));
  }

  const PolicyBase& base_;
  const PolicySetting& setting_;
  Faults& faults_;
  std::map<std::string, const PolicyEntry*> entries_;
  std::set<std::string> services_, used_;
  Policy policy_;
};

}  // namespace

Policy LayOver(const PolicyBase& base, const PolicyFile& file, const PolicySetting& setting,
               Faults& faults) {
  return Laying(base, file, setting, faults).Run();
}

}  // namespace tokenforge::internal
