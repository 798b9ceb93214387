// Arguments: the command line taken apart before lib/config's Parser sees it.
//
// The Parser knows flags only; operands (`sessions revoke ID`) are taken out here, by what is
// declared: the word after a flag that wants a value is that value. After `--` everything is an
// operand. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/config/config.h"

namespace tokenforge::cli {

struct Arguments {
  std::vector<std::string> flags;  // what is left for the Parser
  std::vector<std::string> operands;
  bool help = false;  // --help or -h
};

Arguments Split(const std::vector<std::string>& words,
                const std::vector<config::SettingInfo>& settings);

// The value of `--name=value` or `--name value` among words that were not checked yet.
std::optional<std::string> Peek(const std::vector<std::string>& words, const std::string& name);

}  // namespace tokenforge::cli
