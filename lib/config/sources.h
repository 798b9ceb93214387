// Where settings come from: the command line, the environment, a file. For the parser only.
//
// Each reader gathers what it found, by setting, and its mistakes; it does not know what values
// mean.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/config/config.h"
#include "lib/config/declared.h"

namespace tokenforge::config {

// A setting's text in one source, and how a mistake in it is introduced: "--listen=x",
// "users.conf:3: listen = x".
struct Found {
  std::string text;
  std::string where;
};
using Source = std::map<std::string, Found>;

struct CommandLine {
  Source found;
  std::string config_file;
  bool help = false;
  bool version = false;
  bool check_config = false;
};

CommandLine ReadCommandLine(int argc, const char* const* argv,
                            const std::vector<Declared*>& settings,
                            std::vector<std::string>* mistakes);

// Unknown TOKENFORGE_ variables become warnings.
Source ReadEnvironment(const Environment& environment, const std::vector<Declared*>& settings,
                       std::vector<std::string>* warnings);

Source ReadFile(const std::string& path, const std::vector<Declared*>& settings,
                std::vector<std::string>* mistakes);

}  // namespace tokenforge::config
