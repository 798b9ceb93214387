// Help: what people read who type --help, made from the table of commands and what each declares.
//
// Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "lib/config/config.h"

namespace tokenforge::cli {

// The list of all commands; or, with words, of those whose names begin with them (a last "help",
// "--help" or "-h" does not count). Empty when there are none.
std::string HelpOf(const std::vector<Command>& commands, std::vector<std::string> words);

// All about one command.
std::string HelpOf(const Command& command, const std::vector<config::SettingInfo>& settings);

// "Usage: tokenforge sessions revoke SESSION_ID… [--flag=value …]"
std::string UsageLineOf(const Command& command);

// Names that somebody who typed this may have meant, nearest first, at most three.
std::vector<std::string> NearestCommands(const std::vector<Command>& commands,
                                         const std::string& typed);

}  // namespace tokenforge::cli
