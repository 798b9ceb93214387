// Facts: what one service of the suite tells another beside a reason, for its logs and audit
// events, not for whoever called from outside.
//
// They travel as ErrorInfo.metadata. The service at the edge takes them out before it answers:
// what helps those who look into a theft would help the thief. Never a secret. Pure functions,
// thread-safe.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"

namespace tokenforge::errors {

using Facts = std::map<std::string, std::string>;

// The same error with these facts and no other. An error without a reason of ours is returned as it
// is.
absl::Status WithFacts(const absl::Status& status, const Facts& facts);

// What an error carries; empty for one of another origin.
Facts FactsOf(const absl::Status& status);

inline absl::Status WithoutFacts(const absl::Status& status) { return WithFacts(status, {}); }

}  // namespace tokenforge::errors
