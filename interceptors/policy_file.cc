#include "interceptors/policy_file.h"

#include <algorithm>

#include "interceptors/json_tree.h"
#include "interceptors/policy.h"

namespace tokenforge::internal {
namespace {

using Faults = std::vector<errors::FieldFault>;
using Kind = JsonTree::Kind;

constexpr std::size_t kMaxEntries = 4096;
constexpr std::size_t kMaxValues = 256;      // of one list
constexpr std::size_t kMaxTextBytes = 2048;  // as long as a SPIFFE ID may be
constexpr std::size_t kMaxReasonBytes = 500;
constexpr std::int64_t kMaxStaleSeconds = 366LL * 24 * 60 * 60;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsLetterOrDigit(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

bool IsIdentifier(std::string_view name) {
  return !name.empty() && IsLetter(name[0]) &&
         std::all_of(name.begin(), name.end(), IsLetterOrDigit);
}

bool IsFullName(std::string_view name) {
  while (true) {
    const std::size_t dot = name.find('.');
    if (!IsIdentifier(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

bool IsTarget(std::string_view target) {
  if (target == "*") return true;
  const std::size_t slash = target.find('/');
  if (!IsFullName(target.substr(0, slash))) return false;
  return slash == std::string_view::npos || IsIdentifier(target.substr(slash + 1));
}

// Text that may stand in a log line and be compared with a claim.
bool IsCleanText(const JsonTree& value, std::size_t longest) {
  return value.kind == Kind::kText && !value.text.empty() && value.text.size() <= longest &&
         std::none_of(value.text.begin(), value.text.end(),
                      [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

// What is wrong with one entry, under its name and the line of what is wrong.
class EntryFaults {
 public:
  EntryFaults(const JsonTree& entry, Faults& faults)
      : entry_(entry), path_("rules.\"" + Shown(entry.name) + "\""), faults_(faults) {}

  void Add(const JsonTree& at, std::string description) {
    faults_.push_back({FieldOf(at), std::move(description)});
  }
  std::string FieldOf(const JsonTree& at) const {
    const std::string member = &at == &entry_ ? "" : "." + Shown(at.name);
    return "line " + std::to_string(at.line) + ", " + path_ + member;
  }

 private:
  const JsonTree& entry_;
  const std::string path_;
  Faults& faults_;
};

void ReadAccess(const JsonTree& value, AccessRule& rule, EntryFaults& faults) {
  if (value.kind == Kind::kText && value.text == "PUBLIC") {
    rule.access = AccessRule::Access::kPublic;
  } else if (value.kind == Kind::kText && value.text == "AUTHENTICATED") {
    rule.access = AccessRule::Access::kAuthenticated;
  } else {
    faults.Add(value, "must be \"PUBLIC\" or \"AUTHENTICATED\"");
  }
}

void ReadTexts(const JsonTree& value, std::vector<std::string>& texts, EntryFaults& faults) {
  const std::string wanted = "must be a list of 1 to 256 texts, none empty or with control codes";
  if (value.kind != Kind::kArray || value.children.empty() || value.children.size() > kMaxValues) {
    return faults.Add(value, wanted);
  }
  for (const JsonTree& item : value.children) {
    if (!IsCleanText(item, kMaxTextBytes)) return faults.Add(value, wanted);
    texts.push_back(item.text);
  }
}

void ReadText(const JsonTree& value, std::size_t longest, std::string& text, EntryFaults& faults) {
  if (IsCleanText(value, longest)) {
    text = value.text;
  } else {
    faults.Add(value, "must be a text of 1 to " + std::to_string(longest) +
                          " bytes without control codes");
  }
}

void ReadFresh(const JsonTree& value, AccessRule& rule, EntryFaults& faults) {
  if (value.kind != Kind::kBool) return faults.Add(value, "must be true or false");
  rule.fresh = value.truth;
}

void ReadMaxStale(const JsonTree& value, AccessRule& rule, EntryFaults& faults) {
  if (!value.whole || value.number < 0 || value.number > kMaxStaleSeconds) {
    return faults.Add(value, "must be a whole number of seconds up to a year, or 0 for any age");
  }
  rule.max_stale = std::chrono::seconds(value.number);
}

void ReadMember(const JsonTree& member, PolicyEntry& entry, EntryFaults& faults) {
  AccessRule& rule = entry.rule;
  if (member.name == "access") return ReadAccess(member, rule, faults);
  if (member.name == "any_role") return ReadTexts(member, rule.any_role, faults);
  if (member.name == "all_scopes") return ReadTexts(member, rule.all_scopes, faults);
  if (member.name == "peers") return ReadTexts(member, rule.peers, faults);
  if (member.name == "audience") return ReadText(member, kMaxTextBytes, rule.audience, faults);
  if (member.name == "fresh") return ReadFresh(member, rule, faults);
  if (member.name == "max_stale_seconds") return ReadMaxStale(member, rule, faults);
  if (member.name == "loosens_because") {
    return ReadText(member, kMaxReasonBytes, entry.loosens_because, faults);
  }
  faults.Add(member,
             "is unknown: an entry has access, any_role, all_scopes, peers, audience, "
             "fresh, max_stale_seconds and loosens_because");
}

PolicyEntry ReadEntry(const JsonTree& value, Faults& all_faults) {
  const std::size_t before = all_faults.size();
  EntryFaults faults(value, all_faults);
  PolicyEntry entry;
  entry.target = value.name;
  entry.line = value.line;
  if (!IsTarget(value.name)) {
    faults.Add(value, "is no name of a method or service: write package.Service/Method");
  }
  if (value.kind != Kind::kObject) {
    faults.Add(value, "must be an object");
    return entry;
  }
  for (const JsonTree& member : value.children) ReadMember(member, entry, faults);
  if (all_faults.size() == before) CheckRule(entry.rule, faults.FieldOf(value), all_faults);
  if (all_faults.size() != before) entry.rule = {};
  return entry;
}

}  // namespace

PolicyFile ReadPolicyFile(std::string_view text, Faults& faults) {
  JsonLimits limits;
  limits.bytes = kMaxPolicyBytes;
  limits.depth = 4;
  const absl::StatusOr<JsonTree> root = ParseJsonTree(text, limits);
  PolicyFile file;
  if (!root.ok()) {
    for (errors::FieldFault& fault : errors::FaultsOf(root.status())) {
      faults.push_back(std::move(fault));
    }
    return file;
  }
  if (root->kind != Kind::kObject) {
    faults.push_back({"line 1", "the file must hold one object: {\"rules\": {…}}"});
    return file;
  }
  const JsonTree* rules = nullptr;
  for (const JsonTree& member : root->children) {
    const std::string field = "line " + std::to_string(member.line) + ", " + Shown(member.name);
    if (member.name != "rules") {
      faults.push_back({field, "is unknown: the file holds rules and nothing else"});
    } else if (member.kind != Kind::kObject || member.children.size() > kMaxEntries) {
      faults.push_back({field, "must be an object of at most 4096 entries"});
    } else {
      rules = &member;
    }
  }
  if (root->children.empty()) faults.push_back({"line 1", "\"rules\" is missing"});
  if (rules == nullptr) return file;
  for (const JsonTree& entry : rules->children) file.entries.push_back(ReadEntry(entry, faults));
  return file;
}

absl::StatusOr<PolicyFile> ParsePolicyFile(std::string_view text) {
  Faults faults;
  PolicyFile file = ReadPolicyFile(text, faults);
  if (!faults.empty()) return errors::InvalidFields(faults);
  return file;
}

}  // namespace tokenforge::internal
