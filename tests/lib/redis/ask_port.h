// AskPort: one command to a Redis server or sentinel on a loopback port, over a connection of its
// own.
//
// For fixtures, which look at nodes that may be dead, stopped or loading: it waits a second at the
// most.
#pragma once

#include <string>
#include <vector>

namespace tokenforge::fakes {

// The answer in one line, an array's items with spaces between them and " " around each nested one;
// "-ERR …" for an error, empty when there is none.
std::string AskPort(int port, const std::vector<std::string>& command);

}  // namespace tokenforge::fakes
