// `tokenforge audit list|export|verify`: reads the audit log through the façade as an
// administrator, and checks its chain.
//
// Exit codes: 0, done, or the chain is whole; 1, it could not be done (nobody answers, no right, a
// file that cannot be read); 2, the command was not understood; 3, the log is not what it was:
// something in it was changed, removed, put in or moved, or an expected link is missing.
#pragma once

#include <iostream>

namespace tokenforge::cli {

// `argv[0]` is "audit".
int Audit(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
