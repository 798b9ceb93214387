// tokenforge: the command line. Chooses a subcommand and reads its flags.
#include <absl/synchronization/mutex.h>

#include <iostream>
#include <string_view>

#include "cli/admin.h"
#include "cli/audit.h"
#include "cli/calibrate.h"
#include "cli/policy.h"
#include "cli/totp.h"
#include "cli/tour.h"
#include "lib/config/config.h"

namespace {

constexpr std::string_view kHelp =
    "tokenforge: the command line of TokenForge\n"
    "\n"
    "  tokenforge tour        do the main job against a running suite, step by step\n"
    "  tokenforge admin       make the first administrator, import accounts, signing keys\n"
    "  tokenforge policy      print who may call each method of a set of protos, for reviews\n"
    "  tokenforge calibrate   measure password hashing on this machine and recommend flags\n"
    "  tokenforge audit       list, export and verify the audit log\n"
    "  tokenforge totp        enrol in a second factor, or remove it\n"
    "\n"
    "Each has --help, which lists its flags.\n";

int Tour(int argc, const char* const* argv) {
  tokenforge::cli::TourOptions options;
  tokenforge::config::Parser parser(
      "tokenforge tour", "Registers, logs in, calls a guarded server, refreshes and logs out.");
  parser.String("auth", &options.auth, "127.0.0.1:7443",
                "The façade: HOST:PORT, or the addresses of several replicas with commas");
  parser.String("auth-identity", &options.auth_identity, "/auth",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("notes", &options.notes, "127.0.0.1:7450", "The guarded example server: the same");
  parser.String("notes-identity", &options.notes_identity, "/example",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("notes-method", &options.notes_method, "/notes.v1.NotesService/ListNotes",
                "A method of it that needs a token and takes an empty request");
  parser.Path("certs", &options.certs, ".dev/certs",
              "Folder with our certificate and key, and ca.crt");
  parser.String("identity", &options.identity, "app", "Name of our certificate and key there");
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  const absl::Status done = tokenforge::cli::RunTour(options, std::cout);
  if (done.ok()) return 0;
  std::cerr << "tokenforge tour: " << std::string(done.message().data(), done.message().size())
            << std::endl;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's abseil aborts on a lock order that gRPC uses.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "tour") return Tour(argc - 1, argv + 1);
  if (command == "totp") {
    return tokenforge::cli::Totp(argc - 1, argv + 1, std::cin, std::cout, std::cerr);
  }
  if (command == "admin") return tokenforge::cli::Admin(argc - 1, argv + 1, std::cout, std::cerr);
  if (command == "policy") return tokenforge::cli::Policy(argc - 1, argv + 1, std::cout, std::cerr);
  if (command == "calibrate") {
    return tokenforge::cli::Calibrate(argc - 1, argv + 1, std::cout, std::cerr);
  }
  if (command == "audit") return tokenforge::cli::Audit(argc - 1, argv + 1, std::cout, std::cerr);
  const bool asked = command == "--help" || command == "-h" || command == "help";
  (asked ? std::cout : std::cerr) << kHelp;
  if (!asked && !command.empty()) std::cerr << "\nThere is no command " << command << ".\n";
  return asked ? 0 : 2;
}
