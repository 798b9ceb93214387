#include "tests/drills/clocks.h"

#include <csignal>
#include <cstdio>
#include <thread>

namespace tokenforge::drills {
namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// One moment of a step: what the load met, and what the probe found.
class Moment {
 public:
  Moment(std::string name, const Tally& tally) : name_(std::move(name)), tally_(tally) {}

  void Watch(ClockProbe& probe, std::chrono::milliseconds length, StepReport& report) {
    const auto end = Clock::now() + length;
    const std::vector<std::string> found = probe.Ask();
    std::this_thread::sleep_until(end);
    char line[160];
    std::snprintf(line, sizeof line, "  %-34s %7ld calls %5ld failed; promises broken: %zu\n",
                  name_.c_str(), tally_.ok() - ok_, tally_.failed() - failed_, found.size());
    report.text += line;
    for (const std::string& one : found) {
      report.text += "      " + one + "\n";
      report.broken.push_back(name_ + ": " + one);
    }
    std::printf("%s", line);
    std::fflush(stdout);
  }

 private:
  const std::string name_;
  const Tally& tally_;
  const long ok_ = tally_.ok(), failed_ = tally_.failed();
};

}  // namespace

StepReport StepClocks(systemtest::Suite& suite, HostClock& clock, ClockProbe& probe,
                      const Tally& tally, const StepOptions& options) {
  StepReport report;
  Moment("clocks right", tally).Watch(probe, options.each, report);
  for (const seconds step : options.steps) {
    char name[40];
    std::snprintf(name, sizeof name, "%+ld s", static_cast<long>(step.count()));
    Moment stepped(std::string(name) + ", just stepped", tally);
    clock.Step(step);
    stepped.Watch(probe, options.each, report);
    Moment started(std::string(name) + ", started anew under it", tally);
    for (const auto& [process, code] : suite.Restart(options.processes, SIGTERM)) {
      if (code != 0) report.broken.push_back(process + " did not end in order: its timers stood");
    }
    for (const std::string& process : options.processes) {
      const bool guard = process.starts_with("guarded") || process.starts_with("auth");
      if (guard && !probe.AwaitGood(process)) {
        report.broken.push_back(process + " lets nobody in under a wrong clock");
      }
    }
    started.Watch(probe, options.each, report);
    Moment righted(std::string(name) + ", just put right", tally);
    clock.Step(seconds(0));
    righted.Watch(probe, options.each, report);
    Moment recovered(std::string(name) + ", some time later", tally);
    recovered.Watch(probe, options.each, report);
  }
  return report;
}

}  // namespace tokenforge::drills
