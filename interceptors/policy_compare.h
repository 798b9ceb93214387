// What a rule allows that another does not: so that nobody opens a method without having said so.
//
// Pure. Careful rather than clever: what cannot be seen to be at least as strict counts as looser.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "tokenforge/access_rule.h"

namespace tokenforge::internal {

// What the rules of one server have in common.
struct PolicySetting {
  std::string trust_domain;            // completes `peers` that are paths; may be empty
  std::vector<std::string> audiences;  // of which a token needs one when its rule names none
  std::chrono::seconds max_stale{0};   // when a rule says nothing else; 0: any age
};

// In which ways `now` is looser than `before`, as texts such as "no token is needed any more".
// Empty: whoever passes `now` passed `before`. Both rules are sound (CheckRule).
std::vector<std::string> LooserThan(const AccessRule& before, const AccessRule& now,
                                    const PolicySetting& setting);

// A rule in one line: "AUTHENTICATED, any_role: admin, root, fresh".
std::string Describe(const AccessRule& rule);

}  // namespace tokenforge::internal
