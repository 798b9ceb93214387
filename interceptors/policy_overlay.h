// PolicyOverlay: a policy file laid over the rules that stand in the protos.
//
// The file is as trusted as the program's options, but people slip: an entry that lets anybody in
// whom the proto's rule keeps out must say why (`loosens_because`), names must exist, and nothing
// takes effect unless everything is right. docs/adr/0014 has the reasons.
//
// Pure: rules and a file in, rules or every fault at once out.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "interceptors/policy.h"
#include "interceptors/policy_compare.h"
#include "interceptors/policy_file.h"

namespace tokenforge::internal {

// What is laid over: the methods with their declared rules, in any order.
struct PolicyBase {
  struct Method {
    std::string name;  // "pkg.Service/Method"
    DeclaredRule declared;
  };
  std::vector<Method> methods;
  // Rules for methods that no proto of ours declares: by "pkg.Service/Method", "pkg.Service" or
  // "*". Names of services in `methods` are never looked up here.
  std::map<std::string, AccessRule> generic;
  bool has_generic = false;  // whether there is a generic service that `generic` is for
};

// What an entry did to a rule.
struct Override {
  std::string method;  // or the generic target
  AccessRule before;   // without a rule before: empty
  AccessRule now;
  std::size_t line = 0;
  std::vector<std::string> looser;
  std::string because;
};

struct Policy {
  std::vector<AccessRule> rules;  // of PolicyBase::methods, in their order
  std::map<std::string, AccessRule> generic;
  std::vector<Override> overrides;
};

// The rules in force. Faults: a method without a declared rule, an entry that names no method or
// service of `base`, one that changes nothing that is there, and one that loosens without saying
// why.
Policy LayOver(const PolicyBase& base, const PolicyFile& file, const PolicySetting& setting,
               std::vector<errors::FieldFault>& faults);

}  // namespace tokenforge::internal
