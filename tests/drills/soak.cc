#include "tests/drills/soak.h"

#include <csignal>
#include <cstdio>
#include <thread>

#include "tests/drills/footprint.h"

namespace tokenforge::drills {
namespace {

using systemtest::Suite;
using Clock = std::chrono::steady_clock;
using Configuration = FleetClient::Configuration;

const std::vector<std::string> kServices = {"users", "keys", "sessions", "auth", "guarded"};

systemtest::SuiteOptions SuiteOptionsOf(const SoakOptions& options) {
  systemtest::SuiteOptions suite;
  suite.postgres = true;
  suite.replicas = options.replicas;
  suite.bcrypt_cost = options.bcrypt_cost;
  suite.algorithm = options.algorithm;
  suite.guarded = true;
  suite.drain_delay = std::chrono::seconds(1);
  suite.circuit_open_time = options.circuit_open_time;
  suite.flags["sessions"] = {"--rate-limit=login_account=1000000/1000000/1s"};
  return suite;
}

struct Fault {
  enum class Kind { kKill, kRestart, kHang };
  Kind kind;
  std::string name;
  std::string text() const {
    const char* const what = kind == Kind::kKill   ? "kill "
                             : kind == Kind::kHang ? "hang "
                                                   : "restart ";
    return what + name;
  }
};

// What can happen, in an order in which neighbours have little to do with each other.
std::vector<Fault> Faults(const Suite& suite, int replicas) {
  std::vector<Fault> faults;
  for (int replica = 1; replica < replicas; ++replica) {
    for (const std::string& service : kServices) {
      const std::string name = suite.replicas(service)[static_cast<std::size_t>(replica)];
      faults.push_back({Fault::Kind::kKill, name});
      faults.push_back({Fault::Kind::kHang, suite.replicas(service).front()});
      faults.push_back({Fault::Kind::kRestart, name});
    }
    for (const char* store : {"redis", "postgres"}) {
      faults.push_back({Fault::Kind::kKill, store});
      faults.push_back({Fault::Kind::kHang, store});
    }
  }
  std::vector<Fault> mixed;
  for (std::size_t start = 0; start < 7; ++start) {
    for (std::size_t i = start; i < faults.size(); i += 7) mixed.push_back(faults[i]);
  }
  return mixed;
}

void Happen(Suite& suite, const Fault& fault, std::chrono::milliseconds hang) {
  switch (fault.kind) {
    case Fault::Kind::kKill:
      suite.Restart({fault.name}, SIGKILL);
      return;
    case Fault::Kind::kRestart:
      suite.Restart({fault.name}, SIGTERM);
      return;
    case Fault::Kind::kHang:
      suite.process(fault.name).Kill(SIGSTOP);
      std::this_thread::sleep_for(hang);
      suite.process(fault.name).Kill(SIGCONT);
      return;
  }
}

// Of each process now: a curve over the drill tells a cache that fills from a leak.
std::string MemoryOf(const std::vector<Footprint>& footprints) {
  std::string text;
  for (const Footprint& footprint : footprints) {
    char one[60];
    std::snprintf(one, sizeof one, " %s %.1f", footprint.name().c_str(), footprint.mebibytes());
    text += one;
  }
  return text;
}

// Calls a second, by method.
std::string RatesOf(const Tally& tally, std::chrono::milliseconds length) {
  std::string text = "a second:";
  for (const auto& [method, calls] : tally.calls()) {
    char one[60];
    std::snprintf(one, sizeof one, " %s %.1f", method.c_str(),
                  1000 * static_cast<double>(calls.ok) / static_cast<double>(length.count()));
    text += one;
  }
  return text + "\n";
}

std::string TextOf(const SoakReport& report, const Tally& tally,
                   const std::vector<Footprint>& footprints, std::chrono::milliseconds length) {
  std::string text = tally.Table() + RatesOf(tally, length);
  for (const Footprint& footprint : footprints) text += footprint.Line() + "\n";
  const Reconciled& there = report.reconciled;
  char line[240];
  std::snprintf(line, sizeof line,
                "%d faults; %ld calls, %ld failed while something was broken\n"
                "acknowledged and there: %ld registrations, %ld sessions, %ld ends; lost: %zu\n",
                report.faults, report.calls, report.failed, there.registrations, there.sessions,
                there.ends, there.lost.size());
  text += line;
  for (const std::string& lost : there.lost) text += "  LOST: " + lost + "\n";
  for (const std::string& grown : report.grown) text += "  GREW: " + grown + "\n";
  return text;
}

}  // namespace

SoakReport RunSoak(const SoakOptions& options) {
  Suite suite(SuiteOptionsOf(options));
  suite.Start();
  SoakReport report;
  Tally tally, afterwards;
  const FleetClient client(suite, Configuration::kShipped, &tally);
  const FleetClient asking(suite, Configuration::kShipped, &afterwards);
  std::vector<Footprint> footprints;
  for (const std::string& service : kServices) {
    footprints.emplace_back(service, suite.process(service).pid());
  }
  FleetLoad load(client, {.people = options.people, .pause = options.pause, .turns = 100});
  const std::vector<Fault> faults = Faults(suite, options.replicas);
  const auto end = Clock::now() + options.length;
  for (auto next = Clock::now() + options.between; next < end; next += options.between) {
    std::this_thread::sleep_until(next);
    for (Footprint& footprint : footprints) footprint.Sample();
    if (!options.faults) continue;
    const Fault& fault = faults[static_cast<std::size_t>(report.faults++) % faults.size()];
    const long before = tally.failed();
    Happen(suite, fault, options.hang);
    std::printf("fault %3d: %-18s %8ld calls, %3ld failed; MiB%s\n", report.faults,
                fault.text().c_str(), tally.ok(), tally.failed() - before,
                MemoryOf(footprints).c_str());
    std::fflush(stdout);
  }
  std::this_thread::sleep_until(end);
  load.Stop();
  for (Footprint& footprint : footprints) {
    footprint.Sample();
    if (const std::string grown = footprint.Growth(); !grown.empty()) {
      report.grown.push_back(grown);
    }
  }
  report.calls = tally.ok() + tally.failed();
  report.failed = tally.failed();
  report.reconciled = load.Reconcile(asking);
  report.text = TextOf(report, tally, footprints, options.length);
  return report;
}

}  // namespace tokenforge::drills
