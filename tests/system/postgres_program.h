// Where PostgreSQL's programs are, and who may run them. Used from one thread.
#pragma once

#include <string>
#include <vector>

namespace tokenforge::systemtest {

// The folder of the newest version's programs; ends the test process when there is none.
std::string PostgresFolder();

// What goes before a command of PostgreSQL, which refuses to run as root: then its package's user
// runs it.
std::vector<std::string> AsPostgres();

}  // namespace tokenforge::systemtest
