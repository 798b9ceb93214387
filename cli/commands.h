// The table of commands: everything that `tokenforge` can do, in the order in which help shows it.
//
// Made once, then immutable; used by one thread.
#pragma once

#include <vector>

#include "cli/command.h"

namespace tokenforge::cli {

const std::vector<Command>& Commands();

}  // namespace tokenforge::cli
