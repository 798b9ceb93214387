// tokenforge admin bootstrap: the first administrator.
//
// Why on the host: over the network nobody can be asked for a role that nobody has yet. Whoever can
// read the account database's password, or its file, owns the accounts anyway; this makes it one
// audited step instead of SQL by hand. Works while the users service runs, on PostgreSQL and on
// SQLite. Understands the users service's own configuration file and environment.
//
// Blocks; used by one thread.
#pragma once

#include <ostream>

namespace tokenforge::cli {

int AdminBootstrap(int argc, const char* const* argv, std::ostream& out, std::ostream& err);

}  // namespace tokenforge::cli
