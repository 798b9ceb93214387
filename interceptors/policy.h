// The rules of the methods, read from their protos, checked whole, and then immutable.
//
// Pure: descriptors or AccessRules in, rules or faults out. A rule is bound to its method when the
// service is registered, so no path string of a request ever chooses a rule.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/spiffe.h"
#include "tokenforge/access_rule.h"

namespace google::protobuf {
class MethodDescriptor;
}
namespace tokenforge::access::v1 {
class Rule;
}

namespace tokenforge::internal {

// One method's conditions, ready to be decided.
struct MethodRule {
  bool needs_token = false;
  std::vector<std::string> any_role;    // empty: no role needed
  std::vector<std::string> all_scopes;  // empty: no scope needed
  bool needs_peer = false;
  std::vector<rpc::SpiffePattern> peers;
  std::string audience;  // empty: one of the server's
  bool fresh = false;
  std::optional<std::chrono::seconds> max_stale;  // none: the guard's
};

// What is wrong with a rule by itself, appended to `faults` under `name`: one that says nothing,
// PUBLIC beside conditions on a token, `fresh` or `max_stale` without a token, empty values.
void CheckRule(const AccessRule& rule, std::string_view name,
               std::vector<errors::FieldFault>& faults);

// The rule, ready to be decided. A fault: a bad peer pattern, also a path while `trust_domain` is
// empty. What CheckRule says is not said again.
MethodRule Compile(const AccessRule& rule, std::string_view name, std::string_view trust_domain,
                   std::vector<errors::FieldFault>& faults);

// A rule of a proto, not yet checked. A fault: anything that this version does not know.
AccessRule FromProto(const access::v1::Rule& rule, std::string_view name,
                     std::vector<errors::FieldFault>& faults);

// What the proto says about a method: its own rule, else its service's default, else nothing.
struct DeclaredRule {
  std::optional<AccessRule> rule;
  bool own = false;  // said at the method itself
};
DeclaredRule DeclaredFor(const google::protobuf::MethodDescriptor& method,
                         std::vector<errors::FieldFault>& faults);

// "pkg.Service/Method", as messages and policy files name a method.
std::string NameOf(const google::protobuf::MethodDescriptor& method);

}  // namespace tokenforge::internal
