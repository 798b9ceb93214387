// tour, calibrate, policy, doctor; and admin bootstrap|import: the families of commands that have
// files of their own.
#include <memory>

#include "cli/calibrate.h"
#include "cli/families.h"
#include "cli/policy.h"
#include "cli/tour.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

Run DeclareTour(config::Parser& parser) {
  auto options = std::make_shared<TourOptions>();
  parser.String("auth", &options->auth, "127.0.0.1:7443",
                "The façade: HOST:PORT, or the addresses of several replicas with commas");
  parser.String("auth-identity", &options->auth_identity, "/auth",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("notes", &options->notes, "127.0.0.1:7450", "The guarded example server: the same");
  parser.String("notes-identity", &options->notes_identity, "/example",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.String("notes-method", &options->notes_method, "/notes.v1.NotesService/ListNotes",
                "A method of it that needs a token and takes an empty request");
  parser.Path("certs", &options->certs, ".dev/certs",
              "Folder with our certificate and key, and ca.crt");
  parser.String("identity", &options->identity, "app", "Name of our certificate and key there");
  return [options](const Invocation& call) -> absl::StatusOr<ExitCode> {
    if (absl::Status done = RunTour(*options, call.out); !done.ok()) return done;
    return ExitCode::kDone;
  };
}

}  // namespace

std::vector<Command> HostCommands() {
  return {BootstrapCommand(), ImportCommand(), AdminTokenCommand()};
}

std::vector<Command> SuiteCommands() {
  return {{.name = "tour",
           .group = "Operators",
           .summary = "do the main job against a running suite, step by step",
           .examples = {{"tokenforge tour --auth=127.0.0.1:7443",
                         "registers, logs in, calls a guarded server, refreshes, logs out"}},
           .json = false,
           .declare = DeclareTour},
          DoctorCommand(),
          CalibrateCommand(),
          PolicyCommand()};
}

}  // namespace tokenforge::cli
