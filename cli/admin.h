// tokenforge admin: what administrators do from the command line.
//
// `bootstrap` runs on the host and works on the account database itself; everything else calls the
// façade over mTLS as an administrator. Blocks; used by one thread.
#pragma once

#include <ostream>

namespace tokenforge::cli {

// Reads the command line, from "admin" on, and does what it says. 0: done. 1: it could not be done,
// `err` says why. 2: the command line is wrong. `import` has more (admin_import.h).
int Admin(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
