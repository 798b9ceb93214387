// doctor: looks at this machine and the suite, and names each problem with its remedy.
#include <algorithm>
#include <iterator>
#include <memory>
#include <ostream>

#include "cli/doctor_finding.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/record.h"
#include "cli/token_file.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

struct Options {
  LoginOptions login;
  std::vector<std::string> operators;
};

const char* NameOf(Health health) {
  if (health == Health::kGood) return "good";
  return health == Health::kWarning ? "warning" : "PROBLEM";
}

absl::StatusOr<ExitCode> Examine(const Options& options, const Invocation& call) {
  const auto token_file = TokenFileOf(options.login.token_file, call);
  Findings all;
  const auto add = [&all](Findings more) {
    std::move(more.begin(), more.end(), std::back_inserter(all));
  };
  add({{.check = "version", .found = "tokenforge " + config::Version()}});
  add(LookAtFiles(options.login.facade, token_file.value_or(""), call.folder));
  add(LookAtCertificates(options.login.facade));
  add(LookAtFacade(options.login.facade));
  for (const std::string& named : options.operators) add(LookAtService(named));
  Listing listing(call.out, call.json);
  for (const Finding& each : all) {
    Record record;
    record.Text("check", each.check)
        .Text("health", NameOf(each.health))
        .Text("found", each.found)
        .Text("remedy", each.remedy);
    listing.Add(record);
  }
  listing.Finish();
  const auto problems = std::ranges::count(all, Health::kProblem, &Finding::health);
  const auto warnings = std::ranges::count(all, Health::kWarning, &Finding::health);
  call.err << problems << " problems, " << warnings << " warnings\n";
  return problems > 0 ? ExitCode::kNotAsItShould : ExitCode::kDone;
}

}  // namespace

Command DoctorCommand() {
  return {.name = "doctor",
          .group = "Operators",
          .summary =
              "look at certificates, clocks, ports, services and permissions; each problem "
              "with its remedy",
          .examples = {{"tokenforge doctor --operators=auth=127.0.0.1:9443,users=127.0.0.1:9444,"
                        "keys=127.0.0.1:9445,sessions=127.0.0.1:9446",
                        "with what each service says of its stores and of the others"}},
          .declare = [](config::Parser& parser) -> Run {
            auto options = std::make_shared<Options>();
            DeclarePerson(parser, &options->login);
            parser.StringList("operators", &options->operators, {},
                              "Operators' ports to ask, each as NAME=HOST:PORT");
            return [options](const Invocation& call) { return Examine(*options, call); };
          }};
}

}  // namespace tokenforge::cli
