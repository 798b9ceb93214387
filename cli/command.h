// Command: one entry of the table of commands (commands.h), from which help, completion and the man
// page are made too.
//
// A command declares its settings on a parser and returns what runs with them; declaring has no
// other effect, so whoever only wants to know the settings drops what was returned. Values; used by
// one thread.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/exit_code.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::cli {

// What a running command is given. Questions and progress go to `err`, results to `out`.
struct Invocation {
  std::string program;                // "tokenforge users list"
  std::vector<std::string> operands;  // as many as were declared to be needed, at least
  bool json = false;
  std::string profile = {};  // name of the profile in use
  std::string folder = {};   // where profiles and tokens are; empty when there is no home
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// An error ends the command with the code that it carries (exit_code.h), and is printed by the
// frame.
using Run = std::function<absl::StatusOr<ExitCode>(const Invocation& call)>;

struct Operand {
  std::string name;  // "SESSION_ID"
  std::string help;
  bool needed = true;
  bool many = false;  // the last one only: one or more
  bool file = false;  // completed as a path
};

struct Example {
  std::string line;
  std::string says;
};

struct Command {
  std::string name;   // words with one space between: "sessions revoke"
  std::string group;  // title in help
  std::string summary;
  std::vector<Operand> operands = {};
  std::vector<Example> examples = {};
  bool json = true;  // has --json
  std::function<Run(config::Parser& parser)> declare;
  // Instead of `declare` where a --config-file is named that holds more settings than these.
  std::function<Run(config::Parser& parser)> declare_for_file = nullptr;
  // For a command that reads its own arguments; `declare` then only says what they are.
  std::function<int(int argc, const char* const* argv, std::ostream& out, std::ostream& err)> raw =
      nullptr;
  std::vector<std::string> aliases = {};  // older names, which help does not list
};

}  // namespace tokenforge::cli
