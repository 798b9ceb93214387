// LivePolicy: keeps the rules in force what the protos and the policy file say together, and says
// in the log what the file changes.
//
// A file takes effect as a whole or not at all: while it has any fault the last good one stays. A
// call is decided by the rule that its method has at that moment; calls that are running are not
// decided again. Threading: Load is for one thread at a time; calls read the rules meanwhile.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "interceptors/checked_methods.h"
#include "interceptors/policy_overlay.h"

namespace tokenforge::internal {

class LivePolicy {
 public:
  // `methods` are those of `base`, in its order; they and `checked` outlive this object.
  LivePolicy(PolicyBase base, PolicySetting setting, std::vector<BoundMethod*> methods,
             CheckedMethods& checked);

  // Lays the text of a policy file over the protos' rules (none: no file) and puts the result in
  // force. Appends every fault, and then nothing has changed.
  void Load(const std::optional<std::string>& text, std::vector<errors::FieldFault>& faults);

  // A method whose rule asks for a token, or empty.
  std::string MethodWithToken() const;
  // The audiences that rules name.
  std::set<std::string> Audiences() const;

  // From here on a rule may ask for a token only if there are keys to verify one with, and may name
  // only these audiences: what the verifier was made for cannot change while it runs.
  void Freeze(bool has_keys, std::vector<std::string> audiences);

  // Writes a line for each rule in force that is not the declared one, and from here on for each
  // that Load changes.
  void BeginToTell();

 private:
  struct Compiled {
    Policy policy;
    std::vector<MethodRule> rules;
    std::map<std::string, CheckedMethods::GenericRule> generic;
  };
  Compiled Compute(const std::optional<std::string>& text,
                   std::vector<errors::FieldFault>& faults) const;
  void CheckFrozen(const std::string& name, const MethodRule& rule,
                   std::vector<errors::FieldFault>& faults) const;
  void Tell(const std::map<std::string, Override>& before) const;

  const PolicyBase base_;
  const PolicySetting setting_;
  const std::vector<BoundMethod*> methods_;
  CheckedMethods& checked_;
  Policy policy_;  // in force
  std::map<std::string, Override> overrides_;
  bool telling_ = false;
  bool frozen_ = false, has_keys_ = false;
  std::set<std::string> known_audiences_;
};

}  // namespace tokenforge::internal
