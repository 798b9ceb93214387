#include "interceptors/policy.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>

#include "tokenforge/access/v1/access.pb.h"

namespace tokenforge::internal {
namespace {

using access::v1::Rule;
using Access = AccessRule::Access;

// Collects what is wrong with one method's rule.
class Faults {
 public:
  Faults(std::string_view name, std::vector<errors::FieldFault>& faults)
      : name_(name), faults_(faults) {}
  void Add(std::string description) { faults_.push_back({name_, std::move(description)}); }

 private:
  std::string name_;
  std::vector<errors::FieldFault>& faults_;
};

bool AsksForToken(const AccessRule& rule) {
  return !rule.any_role.empty() || !rule.all_scopes.empty() || !rule.audience.empty();
}

bool NeedsToken(const AccessRule& rule) {
  return rule.access == Access::kAuthenticated || AsksForToken(rule);
}

// RFC 6749 section 3.3: a scope holds no space, and a claim that lists scopes could never hold one
// that does.
bool IsScope(std::string_view scope) {
  return !scope.empty() && std::all_of(scope.begin(), scope.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
}

// The rule that the proto gives a method, if any.
const Rule* RuleIn(const google::protobuf::MethodDescriptor& method, bool& own) {
  own = method.options().HasExtension(access::v1::rule);
  if (own) return &method.options().GetExtension(access::v1::rule);
  const auto& service = method.service()->options();
  if (service.HasExtension(access::v1::default_rule)) {
    return &service.GetExtension(access::v1::default_rule);
  }
  return nullptr;
}

}  // namespace

void CheckRule(const AccessRule& rule, std::string_view name,
               std::vector<errors::FieldFault>& all_faults) {
  Faults faults(name, all_faults);
  const bool needs_token = NeedsToken(rule);
  if (rule.access == Access::kUnspecified && !needs_token && rule.peers.empty()) {
    faults.Add("the rule is empty: say PUBLIC, AUTHENTICATED, any_role, all_scopes or peers");
  }
  if (rule.access == Access::kPublic && AsksForToken(rule)) {
    faults.Add("PUBLIC contradicts any_role, all_scopes and audience, which need a token");
  }
  if (std::count(rule.any_role.begin(), rule.any_role.end(), "") > 0) {
    faults.Add("any_role: a role must not be empty");
  }
  if (!std::all_of(rule.all_scopes.begin(), rule.all_scopes.end(), IsScope)) {
    faults.Add("all_scopes: a scope is one or more visible characters without spaces");
  }
  if (rule.fresh && !needs_token) {
    faults.Add("fresh says how old the knowledge about tokens may be, but the rule needs no token");
  }
  if (rule.max_stale && !needs_token) {
    faults.Add("max_stale says how old the knowledge about tokens may be, but the rule needs none");
  }
  if (rule.max_stale && rule.max_stale->count() < 0) {
    faults.Add("max_stale must be positive, or 0 for any age");
  }
}

MethodRule Compile(const AccessRule& rule, std::string_view name, std::string_view trust_domain,
                   std::vector<errors::FieldFault>& all_faults) {
  Faults faults(name, all_faults);
  MethodRule compiled;
  compiled.needs_token = NeedsToken(rule);
  compiled.any_role = rule.any_role;
  compiled.all_scopes = rule.all_scopes;
  compiled.needs_peer = !rule.peers.empty();
  compiled.audience = rule.audience;
  compiled.fresh = rule.fresh;
  compiled.max_stale = rule.max_stale;
  for (const std::string& text : rule.peers) {
    if (text.starts_with("/") && trust_domain.empty()) {
      faults.Add("peers: \"" + text +
                 "\" is a path, but the server's trust domain is not known: set "
                 "GuardOptions::tls or GuardOptions::trust_domain");
      continue;
    }
    absl::StatusOr<rpc::SpiffePattern> pattern = rpc::SpiffePattern::Parse(text, trust_domain);
    if (!pattern.ok()) {
      faults.Add("peers: \"" + text + "\": " + std::string(pattern.status().message()));
      continue;
    }
    compiled.peers.push_back(*std::move(pattern));
  }
  return compiled;
}

AccessRule FromProto(const Rule& rule, std::string_view name,
                     std::vector<errors::FieldFault>& all_faults) {
  Faults faults(name, all_faults);
  AccessRule read;
  // A condition of a newer version that this one would not enforce must not be ignored.
  if (!rule.GetReflection()->GetUnknownFields(rule).empty()) {
    faults.Add("the rule has conditions that this version of the guard does not know: update it");
  }
  if (rule.access() == access::v1::PUBLIC) {
    read.access = Access::kPublic;
  } else if (rule.access() != access::v1::ACCESS_UNSPECIFIED) {
    read.access = Access::kAuthenticated;
    if (rule.access() != access::v1::AUTHENTICATED) {
      faults.Add("the rule's access is not one that this version of the guard knows");
    }
  }
  read.any_role.assign(rule.any_role().begin(), rule.any_role().end());
  read.all_scopes.assign(rule.all_scopes().begin(), rule.all_scopes().end());
  read.peers.assign(rule.peers().begin(), rule.peers().end());
  read.audience = rule.audience();
  read.fresh = rule.fresh();
  return read;
}

DeclaredRule DeclaredFor(const google::protobuf::MethodDescriptor& method,
                         std::vector<errors::FieldFault>& faults) {
  DeclaredRule declared;
  const Rule* const rule = RuleIn(method, declared.own);
  if (rule == nullptr) return declared;
  declared.rule = FromProto(*rule, NameOf(method), faults);
  CheckRule(*declared.rule, NameOf(method), faults);
  return declared;
}

std::string NameOf(const google::protobuf::MethodDescriptor& method) {
  return method.service()->full_name() + "/" + method.name();
}

}  // namespace tokenforge::internal
