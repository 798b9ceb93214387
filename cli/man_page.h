// The man page of tokenforge(1) in roff, made from the table of commands and what each declares.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace tokenforge::cli {

std::string ManPage(const std::vector<Command>& commands);

}  // namespace tokenforge::cli
