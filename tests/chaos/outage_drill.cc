#include "tests/chaos/outage_drill.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "lib/sync/mutex.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using systemtest::ReasonName;

constexpr int kCallers = 8;
constexpr seconds kDeadline{3};  // of a device's call
constexpr seconds kPatience{120};

double Seconds(steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// As it ships, or with times that a run need not wait for.
systemtest::SuiteOptions Timed(systemtest::SuiteOptions options) {
  if (std::getenv("TOKENFORGE_DRILL_AS_SHIPPED") != nullptr) {
    options.circuit_open_time.clear();
    return options;
  }
  options.circuit_open_time = "1s";
  for (const char* limit : {"connect", "statement"}) {
    options.flags["users"].push_back(std::string("--database-") + limit + "-timeout=1s");
  }
  return options;
}

std::string StatOf(const std::filesystem::path& process) {
  std::ifstream file(process / "stat");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

OutageDrill::OutageDrill(systemtest::SuiteOptions options) : suite_(Timed(std::move(options))) {}

void OutageDrill::Start() {
  suite_.Start();
  client_ = std::make_unique<systemtest::FacadeClient>(suite_.Connect("auth"), kDeadline);
  guards_ = std::make_unique<systemtest::ConnectedGuards>(suite_, 1);
  const systemtest::FacadeClient patient(suite_.Connect("auth"));
  const auto registered = patient.Register(email_, systemtest::kPassword);
  ASSERT_TRUE(registered.ok()) << registered.status();
  tokens_ = registered->tokens();
  ASSERT_TRUE(guards_->WaitUntilAll(true, tokens_.access_token()));
}

absl::Status OutageDrill::Login() const {
  return client_->Login(email_, systemtest::kPassword).status();
}

absl::Status OutageDrill::LoginOfAStranger() const {
  return client_->Login(systemtest::FreshEmail(), systemtest::kPassword).status();
}

absl::Status OutageDrill::Refresh() {
  const auto refreshed = client_->Refresh(tokens_.refresh_token());
  if (refreshed.ok()) tokens_.set_refresh_token(refreshed->refresh_token());
  return refreshed.status();
}

std::map<std::string, int> OutageDrill::UntilOpen(const std::string& what,
                                                  const std::string& service,
                                                  const Attempt& attempt) const {
  sync::Mutex mutex;
  std::map<std::string, int> told;
  std::atomic<bool> open = false;
  const auto begin = steady_clock::now();
  const auto call = [&] {
    while (!open && steady_clock::now() - begin < kPatience) {
      const std::string reason = ReasonName(attempt());
      if (reason == "CIRCUIT_OPEN" && CircuitOpen("auth", service)) open = true;
      const sync::MutexLock lock(&mutex);
      ++told[reason];
    }
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) callers.emplace_back(call);
  for (std::thread& caller : callers) caller.join();
  std::printf("%s: refused at once after %.1f s; told until then:", what.c_str(),
              Seconds(steady_clock::now() - begin));
  for (const auto& [reason, times] : told) std::printf(" %s %d", reason.c_str(), times);
  std::printf("\n");
  EXPECT_TRUE(open) << what << ": the circuit does not open";
  return told;
}

int OutageDrill::Refused(const std::string& what, const std::string& method,
                         const Attempt& attempt) const {
  const std::string name = "rpc_server_call_duration_seconds";
  const std::vector<std::string> labels = {"AuthService/" + method + "\"", "\"UNAVAILABLE\""};
  const double sum = MetricOf(suite_, "auth", name + "_sum", labels);
  const double count = MetricOf(suite_, "auth", name + "_count", labels);
  int refused = 0;
  std::vector<double> times;
  for (int i = 0; i < 100; ++i) {
    const auto begin = steady_clock::now();
    if (ReasonName(attempt()) != "CIRCUIT_OPEN") continue;  // a probe
    times.push_back(1000 * Seconds(steady_clock::now() - begin));
    ++refused;
  }
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  const double calls = MetricOf(suite_, "auth", name + "_count", labels) - count;
  const double server = (MetricOf(suite_, "auth", name + "_sum", labels) - sum) / calls;
  std::printf(
      "%s: %d refused in %.2f ms (median, seen by the caller; slowest %.2f ms); "
      "server's own time %.3f ms in the mean of %.0f\n",
      what.c_str(), refused, times[times.size() / 2], times.back(), 1000 * server, calls);
  return refused;
}

bool OutageDrill::Recovers(const std::string& what, const Attempt& attempt,
                           steady_clock::time_point healed) const {
  while (steady_clock::now() - healed < kPatience) {
    if (attempt().ok()) {
      std::printf("%s: works again %.1f s after its store came back\n", what.c_str(),
                  Seconds(steady_clock::now() - healed));
      return true;
    }
    // Nobody tells a caller when to come back but RetryInfo: a device's pace.
    std::this_thread::sleep_for(milliseconds(50));
  }
  return false;
}

bool OutageDrill::CircuitOpen(const std::string& service, const std::string& dependency) const {
  return MetricOf(suite_, service, "tokenforge_circuit_open", {"\"" + dependency + "\""}) == 1;
}

double MetricOf(const systemtest::Suite& suite, const std::string& service,
                const std::string& metric, const std::vector<std::string>& labels) {
  std::istringstream lines(systemtest::Suite::HttpGet(suite.operators_port(service), "/metrics"));
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto holds = [&line](const std::string& label) {
      return line.find(label) != std::string::npos;
    };
    if (!line.starts_with(metric + "{") || !std::ranges::all_of(labels, holds)) continue;
    sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
  }
  return sum;
}

// All of them are found first: children of a process that is gone are another's.
void SignalTree(int pid, int signal) {
  std::vector<int> tree = {pid};
  for (const auto& process : std::filesystem::directory_iterator("/proc")) {
    const int child = std::atoi(process.path().filename().c_str());
    if (child == 0) continue;
    // "pid (name) state ppid …"; the name may hold anything but ends with the last ")".
    const std::string stat = StatOf(process.path());
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos || stat.size() < name_end + 4) continue;
    if (std::atoi(stat.c_str() + name_end + 4) == pid) tree.push_back(child);
  }
  for (const int each : tree) kill(each, signal);
}

}  // namespace tokenforge::chaos
