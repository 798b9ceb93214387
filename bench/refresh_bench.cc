// Refresh through all four services over mTLS, with PostgreSQL and Redis: calls a second with the
// load generator on the same two cores, and the CPU that all server processes together spend on
// one.
#include "bench/parts.h"
#include "bench/suite_load.h"

namespace tokenforge::bench {
namespace {

constexpr int kPeople = 64;
constexpr int kRounds = 5;

void MeasureWith(Report& report, const std::string& algorithm, const std::string& suffix,
                 double goal_us) {
  systemtest::Suite suite(
      systemtest::SuiteOptions{.algorithm = algorithm,
                               .postgres = true,
                               .flags = {{"auth", {"--log-level=warning"}},
                                         {"users", {"--log-level=warning"}},
                                         {"keys", {"--log-level=warning"}},
                                         {"sessions", {"--log-level=warning"}}}});
  suite.Start();
  RefreshChains people(suite, kPeople);
  const std::vector<int> pids = PidsOf(suite);
  people.Run(std::chrono::seconds(2));
  std::vector<double> rates, cpu, p99;
  std::map<std::string, std::vector<double>> by_process;
  for (int round = 0; round < kRounds; ++round) {
    const double before = CpuSecondsOf(pids);
    std::map<std::string, double> began;
    for (const std::string& name : suite.names())
      began[name] = CpuSecondsOf({suite.process(name).pid()});
    const LoadResult load = people.Run(std::chrono::seconds(4));
    rates.push_back(load.PerSecond());
    cpu.push_back((CpuSecondsOf(pids) - before) * 1e6 / static_cast<double>(load.done));
    p99.push_back(Percentile(load.milliseconds, 0.99));
    for (const auto& [name, was] : began) {
      by_process[name].push_back((CpuSecondsOf({suite.process(name).pid()}) - was) * 1e6 /
                                 static_cast<double>(load.done));
    }
    if (load.failed != 0)
      report.Missing("refresh_failed_" + suffix, std::to_string(load.failed) + " refreshes failed");
  }
  report.Add({"refresh_cpu_us_" + suffix, Median(cpu), "µs", AtMost(goal_us),
              "CPU of all server processes a refresh, stores included, " + algorithm});
  for (const auto& [name, spent] : by_process) {
    report.Add(
        {"refresh_cpu_us_" + suffix + "_" + name, Median(spent), "µs", {}, "of these, " + name});
  }
  report.Add(
      {suffix == "es256" ? "refresh_per_s" : "refresh_per_s_" + suffix,
       Median(rates),
       "1/s",
       {},
       "refreshes through all four services, " + algorithm + ", load generator beside them"});
  report.Add({"refresh_p99_ms_" + suffix,
              Median(p99),
              "ms",
              {},
              "their p99 with " + std::to_string(kPeople) + " in flight"});
}

}  // namespace

void MeasureRefresh(Report& report) {
  MeasureWith(report, "ES256", "es256", 500);
  MeasureWith(report, "RS256", "rs256", 1350);
}

}  // namespace tokenforge::bench
