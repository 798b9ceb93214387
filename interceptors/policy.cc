#include "interceptors/policy.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>

#include "tokenforge/access/v1/access.pb.h"

namespace tokenforge::internal {
namespace {

using access::v1::Rule;

// Collects what is wrong with one method's rule.
class Faults {
 public:
  Faults(std::string_view method, std::vector<errors::FieldFault>& faults)
      : method_(method), faults_(faults) {}
  void Add(std::string description) { faults_.push_back({method_, std::move(description)}); }

 private:
  std::string method_;
  std::vector<errors::FieldFault>& faults_;
};

bool AsksForToken(const Rule& rule) {
  return rule.any_role_size() > 0 || rule.all_scopes_size() > 0 || !rule.audience().empty();
}

// RFC 6749 section 3.3: a scope holds no space, and a claim that lists scopes could never hold one
// that does.
bool IsScope(std::string_view scope) {
  return !scope.empty() && std::all_of(scope.begin(), scope.end(), [](unsigned char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
  });
}

void CheckShape(const Rule& rule, Faults& faults) {
  // A condition of a newer version that this one would not enforce must not be ignored.
  if (!rule.GetReflection()->GetUnknownFields(rule).empty()) {
    faults.Add("the rule has conditions that this version of the guard does not know: update it");
  }
  switch (rule.access()) {
    case access::v1::ACCESS_UNSPECIFIED:
      if (!AsksForToken(rule) && rule.peers_size() == 0) {
        faults.Add("the rule is empty: say PUBLIC, AUTHENTICATED, any_role, all_scopes or peers");
      }
      break;
    case access::v1::PUBLIC:
      if (AsksForToken(rule)) {
        faults.Add("PUBLIC contradicts any_role, all_scopes and audience, which need a token");
      }
      break;
    case access::v1::AUTHENTICATED:
      break;
    default:
      faults.Add("the rule's access is not one that this version of the guard knows");
  }
}

bool NeedsToken(const Rule& rule) {
  return rule.access() == access::v1::AUTHENTICATED || AsksForToken(rule);
}

void ReadPeers(const Rule& rule, std::string_view trust_domain, MethodRule& read, Faults& faults) {
  for (const std::string& text : rule.peers()) {
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
    read.peers.push_back(*std::move(pattern));
  }
}

}  // namespace

MethodRule ReadRule(const Rule& rule, std::string_view method, std::string_view trust_domain,
                    std::vector<errors::FieldFault>& all_faults) {
  Faults faults(method, all_faults);
  CheckShape(rule, faults);
  MethodRule read;
  read.needs_token = NeedsToken(rule);
  read.any_role.assign(rule.any_role().begin(), rule.any_role().end());
  read.all_scopes.assign(rule.all_scopes().begin(), rule.all_scopes().end());
  read.needs_peer = rule.peers_size() > 0;
  read.audience = rule.audience();
  read.fresh = rule.fresh();
  if (std::count(read.any_role.begin(), read.any_role.end(), "") > 0) {
    faults.Add("any_role: a role must not be empty");
  }
  if (!std::all_of(read.all_scopes.begin(), read.all_scopes.end(), IsScope)) {
    faults.Add("all_scopes: a scope is one or more visible characters without spaces");
  }
  if (read.fresh && !read.needs_token) {
    faults.Add("fresh says how old the knowledge about tokens may be, but the rule needs no token");
  }
  ReadPeers(rule, trust_domain, read, faults);
  return read;
}

MethodRule RuleOf(const google::protobuf::MethodDescriptor& method, std::string_view trust_domain,
                  std::vector<errors::FieldFault>& faults) {
  const std::string name = method.service()->full_name() + "/" + method.name();
  if (method.options().HasExtension(access::v1::rule)) {
    return ReadRule(method.options().GetExtension(access::v1::rule), name, trust_domain, faults);
  }
  if (method.service()->options().HasExtension(access::v1::default_rule)) {
    return ReadRule(method.service()->options().GetExtension(access::v1::default_rule), name,
                    trust_domain, faults);
  }
  faults.push_back({name,
                    "has no rule, and its service no default_rule: say who may call it "
                    "(tokenforge/access/v1/access.proto)"});
  return {};
}

}  // namespace tokenforge::internal
