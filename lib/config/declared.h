// A setting as it was declared, shared by the parts of the parser. For lib/config only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lib/config/values.h"

namespace tokenforge::config {

struct Declared {
  std::string name;   // kebab-case
  std::string group;  // title in --help
  std::string kind;   // "DURATION", …, as --help shows it
  std::string help;
  std::string bounds;                     // "1 to 64", "at least 1s"; empty: any value of the kind
  std::string fallback;                   // as text
  std::string fallback_from = "default";  // for mistakes in it
  bool required = false;
  bool is_bool = false;
  bool is_list = false;
  std::function<Expected(const std::string&)> read;  // into a value of its own
  std::function<void()> commit;                      // from there into the bound member
};

// TOKENFORGE_DRAIN_DELAY for drain-delay.
std::string EnvironmentName(const std::string& name);

// The whole of --help.
std::string HelpText(const std::string& program, const std::string& sentence,
                     const std::vector<Declared*>& settings);

}  // namespace tokenforge::config
