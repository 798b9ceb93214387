#include "cli/commands.h"

#include <iterator>
#include <utility>

#include "cli/families.h"

namespace tokenforge::cli {
namespace {

std::vector<Command> Gather() {
  std::vector<Command> all;
  for (const auto family : {AccountCommands, SessionCommands, PasswordCommands, TotpCommands,
                            TokenCommands, UserCommands, HostCommands, KeyCommands, AuditCommands,
                            TrustCommands, SuiteCommands, ShellCommands}) {
    std::vector<Command> commands = family();
    std::move(commands.begin(), commands.end(), std::back_inserter(all));
  }
  return all;
}

}  // namespace

const std::vector<Command>& Commands() {
  static const std::vector<Command> all = Gather();
  return all;
}

}  // namespace tokenforge::cli
