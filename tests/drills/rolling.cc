#include "tests/drills/rolling.h"

#include <cstdio>
#include <thread>

namespace tokenforge::drills {
namespace {

using systemtest::Suite;
using Configuration = FleetClient::Configuration;

const std::vector<std::string> kServices = {"users", "keys", "sessions", "auth", "guarded"};
constexpr int kGuards = 4;  // of this process, each with a trust stream

systemtest::SuiteOptions SuiteOptionsOf(const RollingOptions& options) {
  systemtest::SuiteOptions suite;
  suite.postgres = options.postgres;
  suite.replicas = options.replicas;
  suite.guarded = true;
  suite.drain_delay = options.drain_delay;
  suite.circuit_open_time = options.circuit_open_time;
  // A login that was killed halfway has taken its guess and never gave it back: not what this is
  // about.
  suite.flags["sessions"] = {"--rate-limit=login_account=1000000/1000000/1s"};
  return suite;
}

// Which processes go together: one each time, or the same replica of every service.
std::vector<std::vector<std::string>> StepsOf(const Suite& suite, int replicas, int round) {
  std::vector<std::vector<std::string>> steps;
  for (int replica = 0; replica < replicas; ++replica) {
    std::vector<std::string> together;
    for (const std::string& service : kServices) {
      together.push_back(suite.replicas(service)[static_cast<std::size_t>(replica)]);
    }
    if (round % 2 == 0) {
      steps.push_back(together);
    } else {
      for (const std::string& name : together) steps.push_back({name});
    }
  }
  return steps;
}

void Round(Suite& suite, const RollingOptions& options, RollingReport& report) {
  ++report.rounds;
  for (const auto& step : StepsOf(suite, options.replicas, report.rounds)) {
    for (const auto& [name, code] : suite.Restart(step, options.signal)) {
      ++report.restarts;
      if (options.signal == SIGTERM && code != 0) ++report.bad_exits;
    }
    std::this_thread::sleep_for(options.settle);
  }
}

std::string TextOf(const RollingReport& report, const Tally& shipped, const Tally& plain) {
  std::string text = "shipped client configuration:\n" + shipped.Table();
  for (const std::string& example : shipped.examples()) text += "    " + example + "\n";
  if (report.plain_calls + report.plain_failed > 0) {
    text += "plain client (pick_first, no health checking, no retries):\n" + plain.Table();
  }
  const Reconciled& there = report.reconciled;
  char line[400];
  std::snprintf(line, sizeof line,
                "%d rounds, %d restarts, %d of them with a bad exit code\n"
                "%ld calls, %ld failed; longest %ld ms; plain client: %ld calls, %ld failed\n"
                "%ld logouts reached all %d open trust streams of this process\n"
                "acknowledged and there: %ld registrations, %ld sessions, %ld ends; lost: %zu\n",
                report.rounds, report.restarts, report.bad_exits, report.calls, report.failed,
                static_cast<long>(shipped.longest().count()), report.plain_calls,
                report.plain_failed, report.revocations_seen, kGuards, there.registrations,
                there.sessions, there.ends, there.lost.size());
  text += line;
  for (const std::string& lost : there.lost) text += "  LOST: " + lost + "\n";
  return text;
}

}  // namespace

RollingReport RunRolling(const RollingOptions& options) {
  Suite suite(SuiteOptionsOf(options));
  suite.Start();
  RollingReport report;
  Tally shipped, plain, afterwards;
  const FleetClient client(suite, Configuration::kShipped, &shipped);
  const FleetClient plain_client(suite, Configuration::kPlain, &plain);
  const FleetClient asking(suite, Configuration::kShipped, &afterwards);
  const systemtest::ConnectedGuards guards(suite, kGuards);
  FleetLoad load(client, {.people = options.people, .guards = &guards});
  FleetLoad plain_load(plain_client, {.people = options.plain_people});
  while (report.rounds < options.rounds || shipped.ok() < options.at_least_calls) {
    Round(suite, options, report);
    std::printf("round %d: %ld calls, %ld failed; plain %ld, %ld failed\n", report.rounds,
                shipped.ok() + shipped.failed(), shipped.failed(), plain.ok() + plain.failed(),
                plain.failed());
    std::fflush(stdout);
  }
  load.Stop();
  plain_load.Stop();
  report.calls = shipped.ok() + shipped.failed();
  report.failed = shipped.failed();
  report.plain_calls = plain.ok() + plain.failed();
  report.plain_failed = plain.failed();
  report.revocations_seen = load.revocations_seen();
  report.reconciled = load.Reconcile(asking);
  report.text = TextOf(report, shipped, plain);
  return report;
}

}  // namespace tokenforge::drills
