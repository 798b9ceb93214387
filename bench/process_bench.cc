// What a process costs before anybody calls it: time from exec to ready, and resident memory.
#include <csignal>
#include <cstdio>
#include <fstream>

#include "bench/parts.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::bench {
namespace {

double ResidentMib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atof(line.c_str() + 6) / 1024;
  }
  return 0;
}

}  // namespace

void MeasureProcesses(Report& report) {
  systemtest::Suite suite(systemtest::SuiteOptions{.postgres = true, .flags = {}});
  suite.Start();
  double slowest = 0;
  for (const std::string name : {"users", "keys", "sessions", "auth"}) {
    std::vector<double> rounds;
    for (int round = 0; round < 5; ++round) {
      suite.process(name).Kill(SIGTERM);
      suite.process(name).WaitForEnd(std::chrono::seconds(35));
      const auto began = std::chrono::steady_clock::now();
      suite.StartProcess(name);
      if (!suite.WaitReady(name)) std::abort();
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - began;
      rounds.push_back(took.count());
    }
    slowest = std::max(slowest, Median(rounds));
    report.Add(
        {"ready_ms_" + name, Median(rounds), "ms", AtMost(1000), "start to ready, stores up"});
  }
  report.Add({"ready_ms", slowest, "ms", AtMost(1000), "the slowest of them"});
  for (const std::string name : {"auth", "users", "keys", "sessions"}) {
    report.Add({"rss_mib_" + name, ResidentMib(suite.process(name).pid()), "MiB", AtMost(64),
                "resident memory, idle"});
  }
}

}  // namespace tokenforge::bench
