// Witnesses: callers that a rule lets in and that lack whatever it does not ask for. If a rule is
// no looser than another one, the other lets all of them in too: a judgement that shares no code
// with the one under test (interceptors/policy_compare.h).
//
// Pure.
#pragma once

#include "interceptors/policy_compare.h"

namespace tokenforge::fuzz {

// Whether `before` lets in every witness of `now`. Both rules are sound (CheckRule).
bool LetsInAllOf(const AccessRule& before, const AccessRule& now,
                 const internal::PolicySetting& setting);

}  // namespace tokenforge::fuzz
