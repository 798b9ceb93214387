// Completion scripts for shells, made from the table of commands and what each declares: commands,
// flags, the words of a choice, files where a path is wanted.
//
// Pure. The scripts ask nobody: they hold everything, and are as old as the program that made them.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"

namespace tokenforge::cli {

std::string BashCompletion(const std::vector<Command>& commands);
std::string ZshCompletion(const std::vector<Command>& commands);
std::string FishCompletion(const std::vector<Command>& commands);

}  // namespace tokenforge::cli
