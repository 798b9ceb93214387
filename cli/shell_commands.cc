// completion, man, version: what is made from the table of commands itself.
#include <ostream>

#include "cli/families.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

Run Nothing(config::Parser& /*parser*/) {
  return [](const Invocation& call) -> absl::StatusOr<ExitCode> {
    call.out << "tokenforge " << config::Version() << '\n';
    return ExitCode::kDone;
  };
}

}  // namespace

std::vector<Command> ShellCommands() {
  return {{.name = "version",
           .group = "This program",
           .summary = "say the version",
           .json = false,
           .declare = Nothing}};
}

}  // namespace tokenforge::cli
