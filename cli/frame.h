// The frame: finds the command that the words name, reads its settings, runs it, and makes an exit
// code and a line of whatever came of it.
//
// Settings come from flags, then TOKENFORGE_… variables, then the profile, then defaults. Blocks as
// long as the command does; used by one thread.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/command.h"
#include "lib/config/config.h"

namespace tokenforge::cli {

struct Console {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// The words after the program's name. Returns the process's exit code (exit_code.h).
ExitCode RunCommandLine(const std::vector<Command>& commands, const std::vector<std::string>& words,
                        const config::Environment& environment, const Console& console);

// The settings of a command: its own, then those of all commands.
std::vector<config::SettingInfo> SettingsOf(const Command& command);

// One line (and one for each faulty field) on what went wrong and what to do.
void Complain(const std::string& program, const absl::Status& error, std::ostream& err);

}  // namespace tokenforge::cli
