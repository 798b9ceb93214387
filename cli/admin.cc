#include "cli/admin.h"

#include <string_view>

#include "cli/admin_bootstrap.h"
#include "cli/admin_import.h"
#include "cli/admin_keys.h"
#include "cli/admin_token.h"

namespace tokenforge::cli {
namespace {

constexpr std::string_view kHelp =
    "tokenforge admin: what administrators do\n"
    "\n"
    "  tokenforge admin bootstrap   make the first administrator, on the host of the database\n"
    "  tokenforge admin import      import accounts from a file of JSON Lines\n"
    "  tokenforge admin keys        list, rotate and revoke signing keys\n"
    "  tokenforge admin token       log in, and keep the access token in a file\n"
    "\n"
    "Each has --help, which lists its flags.\n";

}  // namespace

int Admin(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "bootstrap") return AdminBootstrap(argc - 1, argv + 1, out, err);
  if (command == "import") return AdminImport(argc - 1, argv + 1, out, err);
  if (command == "token") return AdminToken(argc - 1, argv + 1, out, err);
  if (command == "keys") return AdminKeys(argc - 1, argv + 1, out, err);
  const bool asked = command == "--help" || command == "-h" || command == "help";
  (asked ? out : err) << kHelp;
  if (!asked && !command.empty()) err << "\nThere is no command admin " << command << ".\n";
  return asked ? 0 : 2;
}

}  // namespace tokenforge::cli
