#include "tests/drills/hosts.h"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "tests/drills/clocks.h"
#include "tests/drills/wire.h"

namespace tokenforge::drills {
namespace {

using systemtest::Suite;
using Configuration = FleetClient::Configuration;
using std::chrono::duration_cast;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

const std::vector<std::string> kHosts = {"data", "a", "b", "c"};
const std::string kStepped = "b";
constexpr auto kRecovery = seconds(10);  // after a cut, until calls must work again

// "auth" is on host a, "auth-2" on b, "auth-3" on c; stores on data.
std::string HostOf(const std::string& process) {
  if (process == "redis" || process == "postgres") return "data";
  if (process.ends_with("-2")) return "b";
  return process.ends_with("-3") ? "c" : "a";
}

systemtest::SuiteOptions SuiteOptionsOf(const Wire& wire, const HostClock& clock,
                                        const HostsOptions& options) {
  systemtest::SuiteOptions suite;
  suite.circuit_open_time = options.circuit_open_time;
  suite.postgres = true;
  suite.replicas = 3;
  suite.guarded = true;
  suite.place = [&wire, &clock, steps = !options.steps.empty()](const std::string& name) {
    const std::string host = HostOf(name);
    systemtest::Place place{wire.On(host), wire.address(host)};
    if (host == kStepped && steps) {
      for (std::string& word : clock.Command()) place.command.push_back(std::move(word));
    }
    return place;
  };
  suite.flags["sessions"] = {"--rate-limit=login_account=1000000/1000000/1s"};
  return suite;
}

// What failed while two hosts were cut off from each other.
struct CutReport {
  std::string pair;
  long calls = 0, failed = 0, failed_later = 0;
  long last_failure_s = -1;  // after the cut began
};

// Watches the tally, second by second, since a failure has no event of its own.
void Watch(const Tally& tally, Clock::time_point begin, Clock::time_point end, CutReport& report) {
  long failed = tally.failed();
  for (auto next = Clock::now() + seconds(1); next <= end; next += seconds(1)) {
    std::this_thread::sleep_until(next);
    const long now = tally.failed();
    if (now != failed) {
      report.last_failure_s = duration_cast<seconds>(Clock::now() - begin).count();
    }
    failed = now;
  }
}

CutReport CutOff(Wire& wire, const Tally& tally, const std::string& one, const std::string& other,
                 const HostsOptions& options) {
  CutReport report;
  report.pair = one + " - " + other;
  const long calls = tally.ok() + tally.failed();
  const long failed = tally.failed();
  const auto begin = Clock::now();
  wire.Cut(one, other);
  Watch(tally, begin, begin + options.cut, report);
  wire.Heal();
  Watch(tally, begin, begin + options.cut + kRecovery, report);
  report.failed = tally.failed() - failed;
  std::this_thread::sleep_until(begin + options.cut + options.healed);
  report.failed_later = tally.failed() - failed - report.failed;
  report.calls = tally.ok() + tally.failed() - calls;
  return report;
}

std::string LineOf(const CutReport& cut) {
  char line[200];
  std::snprintf(line, sizeof line, "  %-9s %7ld calls %6ld failed, last after %3ld s; later %ld\n",
                cut.pair.c_str(), cut.calls, cut.failed, cut.last_failure_s, cut.failed_later);
  return line;
}

std::string CutAll(Wire& wire, const Tally& tally, const HostsOptions& options,
                   HostsReport& report) {
  std::string cuts;
  for (std::size_t i = 0; i < kHosts.size(); ++i) {
    for (std::size_t j = i + 1; j < kHosts.size(); ++j) {
      const CutReport cut = CutOff(wire, tally, kHosts[i], kHosts[j], options);
      report.failed_at_rest += cut.failed_later;
      cuts += LineOf(cut);
      std::printf("%s", LineOf(cut).c_str());
      std::fflush(stdout);
    }
  }
  return cuts;
}

// As those of a fleet are that has run for a while: certificates that were made a moment ago would
// not be valid yet on a host whose clock is behind.
void MakeOldCertificates(const Suite& suite) {
  HostClock past;
  past.Step(-std::chrono::days(2));
  std::string command;
  for (const std::string& word : past.Command()) command += word + " ";
  command += std::string(TOKENFORGE_DEV) + " certs " + suite.certs() + " >/dev/null";
  if (std::system(command.c_str()) == 0) return;
  std::fprintf(stderr, "hosts: this failed: %s\n", command.c_str());
  std::exit(3);
}

std::vector<std::string> ProcessesOn(const Suite& suite, const std::string& host) {
  std::vector<std::string> processes;
  for (const std::string& name : suite.names()) {
    if (HostOf(name) == host) processes.push_back(name);
  }
  return processes;
}

std::string TextOf(const HostsReport& report, const Tally& tally, const Wire& wire) {
  const Reconciled& there = report.reconciled;
  char line[300];
  std::snprintf(line, sizeof line,
                "%ld packets carried, %ld dropped; %ld calls, %ld failed, %ld of them at rest\n"
                "acknowledged and there: %ld registrations, %ld sessions, %ld ends; lost: %zu\n",
                wire.carried(), wire.dropped(), report.calls, report.failed, report.failed_at_rest,
                there.registrations, there.sessions, there.ends, there.lost.size());
  std::string text = tally.Table() + line;
  for (const std::string& lost : there.lost) text += "  LOST: " + lost + "\n";
  for (const std::string& example : tally.examples()) text += "    " + example + "\n";
  return text;
}

}  // namespace

HostsReport RunHosts(const HostsOptions& options) {
  HostsReport report;
  report.missing = Wire::Missing();
  if (!report.missing.empty()) return report;
  Wire wire(kHosts);
  HostClock clock;
  Suite suite(SuiteOptionsOf(wire, clock, options));
  if (!options.steps.empty()) MakeOldCertificates(suite);
  suite.Start();
  wire.Set({options.delay, options.jitter, options.loss});
  Tally tally, afterwards;
  const FleetClient client(suite, Configuration::kShipped, &tally);
  const FleetClient asking(suite, Configuration::kShipped, &afterwards);
  FleetLoad load(client, {.people = options.people});
  std::string text;
  if (options.cuts) text = CutAll(wire, tally, options, report);
  if (!options.steps.empty()) {
    Tally asked;
    const FleetClient prober(suite, Configuration::kShipped, &asked);
    ClockProbe probe(suite, prober);
    const StepReport steps = StepClocks(
        suite, clock, probe, tally, {options.steps, options.stepped, ProcessesOn(suite, kStepped)});
    report.broken = steps.broken;
    text += steps.text;
  }
  load.Stop();
  report.calls = tally.ok() + tally.failed();
  report.failed = tally.failed();
  report.packets_dropped = wire.dropped();
  report.reconciled = load.Reconcile(asking);
  report.text = text + TextOf(report, tally, wire);
  return report;
}

}  // namespace tokenforge::drills
