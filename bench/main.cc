// tokenforge-bench: measures what performance promises are made of. See --help.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "bench/parts.h"
#include "lib/config/config.h"

namespace {

using tokenforge::bench::Report;

struct Part {
  const char* name;
  void (*measure)(Report&);
};

constexpr Part kParts[] = {
    {"tokens", tokenforge::bench::MeasureTokens},
    {"guard", tokenforge::bench::MeasureGuard},
    {"traces", tokenforge::bench::MeasureTraces},
    {"sessions", tokenforge::bench::MeasureSessions},
    {"million", tokenforge::bench::MeasureMillion},
    {"accounts", tokenforge::bench::MeasureAccounts},
    {"refresh", tokenforge::bench::MeasureRefresh},
    {"login", tokenforge::bench::MeasureLogin},
    {"storm", tokenforge::bench::MeasureStorm},
    {"enumeration", tokenforge::bench::MeasureEnumeration},
    {"processes", tokenforge::bench::MeasureProcesses},
    {"revocation", tokenforge::bench::MeasureRevocation},
    {"flood", tokenforge::bench::MeasureFlood},
    {"feed", tokenforge::bench::MeasureFeed},
};

bool Wanted(const std::vector<std::string>& only, const char* name) {
  return only.empty() || std::find(only.begin(), only.end(), name) != only.end();
}

}  // namespace

int main(int argc, char** argv) {
  // The guarded and unguarded servers of the parts "guard" and "traces" are this program again.
  if (argc >= 3 && std::strcmp(argv[1], "--serve-guarded") == 0)
    return tokenforge::bench::ServeEcho(true, argv[2], argc > 3 ? argv[3] : "");
  if (argc == 3 && std::strcmp(argv[1], "--serve-bare") == 0)
    return tokenforge::bench::ServeEcho(false, argv[2], "");

  std::vector<std::string> only;
  std::string json_file;
  bool json = false;
  tokenforge::config::Parser parser("tokenforge-bench",
                                    "Measures TokenForge; takes about fifteen minutes.");
  parser.StringList(
      "only", &only, {},
      "Parts to run: tokens, guard, traces, sessions, million, accounts, refresh, login, "
      "storm, enumeration, "
      "processes, "
      "revocation, flood, feed");
  auto& sizes = tokenforge::bench::sizes;
  parser.Integer("accounts", &sizes.accounts, sizes.accounts, "How many accounts are imported",
                 10'000, 100'000'000);
  parser.Integer("knocks", &sizes.knocks, sizes.knocks,
                 "How often each door is knocked at: more show smaller differences", 200,
                 10'000'000);
  parser.Bool("json", &json, false, "Print one JSON object instead of the table");
  parser.Path("json-file", &json_file, "", "Write the JSON object here besides");
  const auto outcome = parser.Parse(argc, argv);
  if (!outcome.run) return outcome.exit_code;
  for (const std::string& name : only) {
    if (std::none_of(std::begin(kParts), std::end(kParts),
                     [&](const Part& part) { return name == part.name; })) {
      std::fprintf(stderr, "tokenforge-bench: there is no part '%s'; see --help\n", name.c_str());
      return 2;
    }
  }

  Report report;
  for (const Part& part : kParts) {
    if (!Wanted(only, part.name)) continue;
    std::fprintf(stderr, "measuring %s …\n", part.name);
    part.measure(report);
  }
  std::fputs(json ? report.Json().c_str() : report.Table().c_str(), stdout);
  if (json) std::fputc('\n', stdout);
  if (!json_file.empty()) std::ofstream(json_file) << report.Json() << "\n";
  return 0;
}
