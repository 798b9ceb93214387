// completion, man, version: what is made from the table of commands itself.
#include <ostream>

#include "cli/commands.h"
#include "cli/completion.h"
#include "cli/families.h"
#include "cli/man_page.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

constexpr char kGroup[] = "This program";

Run DeclareVersion(config::Parser& /*parser*/) {
  return [](const Invocation& call) -> absl::StatusOr<ExitCode> {
    call.out << "tokenforge " << config::Version() << '\n';
    return ExitCode::kDone;
  };
}

Run DeclareMan(config::Parser& /*parser*/) {
  return [](const Invocation& call) -> absl::StatusOr<ExitCode> {
    call.out << ManPage(Commands());
    return ExitCode::kDone;
  };
}

Run DeclareCompletion(config::Parser& /*parser*/) {
  return [](const Invocation& call) -> absl::StatusOr<ExitCode> {
    const std::string& shell = call.operands[0];
    if (shell == "bash") {
      call.out << BashCompletion(Commands());
    } else if (shell == "zsh") {
      call.out << ZshCompletion(Commands());
    } else if (shell == "fish") {
      call.out << FishCompletion(Commands());
    } else {
      return UsageError("SHELL is bash, zsh or fish");
    }
    return ExitCode::kDone;
  };
}

}  // namespace

std::vector<Command> ShellCommands() {
  return {{.name = "completion",
           .group = kGroup,
           .summary = "a script that lets your shell complete commands and flags",
           .operands = {{"SHELL", "bash, zsh or fish"}},
           .examples = {{"eval \"$(tokenforge completion bash)\"", "in ~/.bashrc"},
                        {"tokenforge completion fish | source", "in config.fish"}},
           .json = false,
           .declare = DeclareCompletion},
          {.name = "man",
           .group = kGroup,
           .summary = "the man page, in roff",
           .examples = {{"tokenforge man >tokenforge.1 && man -l tokenforge.1", "read it"}},
           .json = false,
           .declare = DeclareMan},
          {.name = "version",
           .group = kGroup,
           .summary = "say the version",
           .json = false,
           .declare = DeclareVersion}};
}

}  // namespace tokenforge::cli
