// The rules of the methods, read from their protos, checked whole, and then immutable.
//
// Pure: descriptors in, rules or faults out. A rule is bound to its method when the service is
// registered, so no path string of a request ever chooses a rule.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/spiffe.h"

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
};

// Reads one rule. Appends what is wrong with it to `faults` under the method's name: a rule that
// says nothing, PUBLIC beside conditions on a token, `fresh` without a token, empty values, a bad
// peer pattern (also a path while `trust_domain` is empty), or anything that this version does not
// know.
MethodRule ReadRule(const access::v1::Rule& rule, std::string_view method,
                    std::string_view trust_domain, std::vector<errors::FieldFault>& faults);

// The rule in force for a method: its own, else its service's default. A method without either is a
// fault.
MethodRule RuleOf(const google::protobuf::MethodDescriptor& method, std::string_view trust_domain,
                  std::vector<errors::FieldFault>& faults);

}  // namespace tokenforge::internal
