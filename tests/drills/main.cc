// tokenforge-drill: the long drills, which a CI run has no time for. See --help.
#include <cstdio>
#include <cstring>

#include "lib/config/config.h"
#include "tests/drills/host_clock.h"
#include "tests/drills/hosts.h"
#include "tests/drills/rolling.h"
#include "tests/drills/soak.h"

namespace tokenforge::drills {
namespace {

int Rolling(int argc, char** argv) {
  RollingOptions options;
  std::string signal, store;
  std::int64_t rounds = 0, people = 0;
  config::Parser parser("tokenforge-drill rolling",
                        "Restarts every replica of everything under load, and counts.");
  parser.Integer("rounds", &rounds, 20, "How often everything is restarted", 1, 100'000);
  parser.Integer("people", &people, 8, "How many people use the suite", 1, 1000);
  parser.Choice("signal", &signal, {"TERM", "KILL"}, "TERM", "How processes are ended");
  parser.Choice("store", &store, {"postgres", "sqlite"}, "postgres", "Where accounts are");
  std::int64_t at_least = 0;
  parser.Integer("at-least-calls", &at_least, 50'000, "More rounds until there were so many calls",
                 0, 1'000'000'000);
  parser.Duration("drain-delay", &options.drain_delay, options.drain_delay,
                  "How long a process serves on after SIGTERM");
  parser.Duration("settle", &options.settle, options.settle,
                  "Between a process that is ready and the next that goes");
  const auto outcome = parser.Parse(argc, argv);
  if (!outcome.run) return outcome.exit_code;
  options.rounds = static_cast<int>(rounds);
  options.people = static_cast<int>(people);
  options.at_least_calls = at_least;
  options.signal = signal == "KILL" ? SIGKILL : SIGTERM;
  options.postgres = store == "postgres";
  const RollingReport report = RunRolling(options);
  std::printf("%s", report.text.c_str());
  const bool calls_ok = options.signal == SIGKILL || report.failed == 0;
  return calls_ok && report.bad_exits == 0 && report.reconciled.lost.empty() ? 0 : 1;
}

int Soak(int argc, char** argv) {
  SoakOptions options;
  std::int64_t people = 0;
  config::Parser parser("tokenforge-drill soak", "Uses a fleet for long, with a fault at times.");
  parser.Duration("length", &options.length, options.length, "How long");
  parser.Duration("between", &options.between, options.between, "From one fault to the next");
  parser.Duration("hang", &options.hang, options.hang, "How long a process hangs");
  std::int64_t replicas = 0, bcrypt_cost = 0;
  parser.Bool("faults", &options.faults, true, "Whether anything happens but load");
  parser.Integer("replicas", &replicas, 3, "Of each service", 1, 9);
  parser.Choice("algorithm", &options.algorithm, {"RS256", "ES256", "EdDSA"}, options.algorithm,
                "Of signing keys");
  parser.Integer("bcrypt-cost", &bcrypt_cost, 4, "Of each password", 4, 14);
  parser.Integer("people", &people, 8, "How many people use the suite", 1, 1000);
  parser.Duration("pause", &options.pause, options.pause, "Of a person, between two turns");
  const auto outcome = parser.Parse(argc, argv);
  if (!outcome.run) return outcome.exit_code;
  options.people = static_cast<int>(people);
  options.replicas = static_cast<int>(replicas);
  options.bcrypt_cost = static_cast<int>(bcrypt_cost);
  if (options.faults && options.replicas < 3) {
    std::fprintf(stderr, "soak: faults need three replicas; --faults=false goes with fewer\n");
    return 2;
  }
  const SoakReport report = RunSoak(options);
  std::printf("%s", report.text.c_str());
  return report.reconciled.lost.empty() && report.grown.empty() ? 0 : 1;
}

int Hosts(int argc, char** argv) {
  HostsOptions options;
  std::int64_t people = 0, per_mille = 0;
  bool steps = true;
  config::Parser parser("tokenforge-drill hosts",
                        "Spreads a fleet over network namespaces, and cuts them off in pairs.");
  parser.Duration("delay", &options.delay, options.delay, "Of each packet, one way");
  parser.Duration("jitter", &options.jitter, options.jitter, "Up to so much more");
  parser.Integer("loss-per-mille", &per_mille, 5, "Packets of a thousand that are lost", 0, 1000);
  parser.Duration("cut", &options.cut, options.cut, "How long two hosts are cut off");
  parser.Duration("healed", &options.healed, options.healed, "From one cut to the next",
                  std::chrono::seconds(11));
  parser.Bool("cuts", &options.cuts, true, "Whether hosts are cut off from each other");
  parser.Bool("steps", &steps, true, "Whether the clock of one host is stepped");
  parser.Duration("stepped", &options.stepped, options.stepped,
                  "How long load runs at each moment of a step");
  parser.Integer("people", &people, 6, "How many people use the suite", 1, 1000);
  const auto outcome = parser.Parse(argc, argv);
  if (!outcome.run) return outcome.exit_code;
  options.people = static_cast<int>(people);
  if (!steps || !HostClock::Missing().empty()) options.steps.clear();
  options.loss = static_cast<double>(per_mille) / 1000;
  const HostsReport report = RunHosts(options);
  if (!report.missing.empty()) {
    std::printf("skipped: %s\n", report.missing.c_str());
    return 0;
  }
  std::printf("%s", report.text.c_str());
  return report.reconciled.lost.empty() && report.broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace tokenforge::drills

int main(int argc, char** argv) {
  const char* const drill = argc < 2 ? "" : argv[1];
  if (std::strcmp(drill, "rolling") == 0) return tokenforge::drills::Rolling(argc - 1, argv + 1);
  if (std::strcmp(drill, "soak") == 0) return tokenforge::drills::Soak(argc - 1, argv + 1);
  if (std::strcmp(drill, "hosts") == 0) return tokenforge::drills::Hosts(argc - 1, argv + 1);
  std::fprintf(stderr,
               "tokenforge-drill rolling | soak | hosts [FLAGS]; --help behind one says more\n");
  return 2;
}
