// Idle guards on one façade: what a feed and a connection cost it in memory, what heartbeats cost,
// and how long one revocation takes to all of them. The clients run on the same machine and take
// their share of the cores: times are an upper bound.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "bench/feed_streams.h"
#include "bench/load.h"
#include "bench/parts.h"
#include "tests/system/facade_client.h"

namespace tokenforge::bench {
namespace {

constexpr int kConnections = 1'000;
constexpr int kStreamsOnEach = 10;
constexpr int kRevocations = 7;
constexpr rlim_t kFiles = kConnections + 500;  // for us as for the façade

using Clock = std::chrono::steady_clock;

double ResidentBytes(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) == 0) return std::atof(line.c_str() + 6) * 1024;
  }
  return 0;
}

// Processes that we start inherit it. False when the hard limit is too low.
bool AllowOpenFiles() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= kFiles) return true;
  if (limit.rlim_max < kFiles) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Until each stream has had two more heartbeats: what opening it needed is given back by then.
void AwaitRest(FeedStreams& feeds) {
  if (feeds.tally().AwaitHeartbeats(feeds.tally().heartbeats() + 2 * feeds.size())) return;
  std::fprintf(stderr, "tokenforge-bench: heartbeats: %s\n", feeds.tally().trouble().c_str());
  std::exit(1);
}

struct Memory {
  double none = 0, one_each = 0, ten_each = 0;
};

Memory MeasureMemory(FeedStreams& feeds, int facade) {
  Memory memory;
  memory.none = ResidentBytes(facade);
  feeds.AddConnections(kConnections);
  AwaitRest(feeds);
  memory.one_each = ResidentBytes(facade);
  feeds.AddStreamsOnEach(kStreamsOnEach - 1);
  AwaitRest(feeds);
  memory.ten_each = ResidentBytes(facade);
  return memory;
}

void ReportMemory(Report& report, const Memory& memory) {
  const double stream = (memory.ten_each - memory.one_each) / (kConnections * (kStreamsOnEach - 1));
  report.Add({"feed_bytes_per_guard", stream, "B", AtMost(32 * 1024),
              "façade memory of one idle feed, of 10,000 over 1,000 mTLS connections"});
  report.Add({"feed_bytes_per_connection",
              (memory.one_each - memory.none) / kConnections - stream,
              "B",
              {},
              "façade memory of one mTLS connection, its feed not counted"});
  report.Add(
      {"feed_rss_mib", memory.ten_each / (1024 * 1024), "MiB", {}, "the façade with 10,000 feeds"});
}

// CPU seconds a second of the façade that only sends heartbeats, over two periods of them.
double IdleCpu(FeedStreams& feeds, int facade) {
  const double before = CpuSecondsOf({facade});
  const auto began = Clock::now();
  AwaitRest(feeds);
  return (CpuSecondsOf({facade}) - before) /
         std::chrono::duration<double>(Clock::now() - began).count();
}

std::string LogIn(const systemtest::FacadeClient& client, const std::string& email) {
  const auto login = client.Login(email, systemtest::kPassword);
  if (!login.ok()) std::abort();
  return login->tokens().access_token();
}

void MeasureFanOut(Report& report, systemtest::Suite& suite, FeedStreams& feeds, int facade) {
  const double idle = IdleCpu(feeds, facade);
  const systemtest::FacadeClient client(suite.Connect("auth"));
  const std::string email = systemtest::FreshEmail();
  if (!client.Register(email, systemtest::kPassword).ok()) std::abort();
  std::vector<double> milliseconds, cpu;
  for (int round = 0; round < kRevocations; ++round) {
    const std::string token = LogIn(client, email);
    const long before = feeds.tally().changes();
    const double cpu_before = CpuSecondsOf({facade});
    const auto asked = Clock::now();
    if (!client.Logout(token).ok()) std::abort();
    const auto answered = Clock::now();
    if (!feeds.tally().AwaitChanges(before + feeds.size())) {
      return report.Missing("feed_fan_out_ms", feeds.tally().trouble());
    }
    const auto all = Clock::now();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(all - answered).count());
    AwaitRest(feeds);  // the acknowledgements have arrived by then, too
    const double seconds = std::chrono::duration<double>(Clock::now() - asked).count();
    cpu.push_back((CpuSecondsOf({facade}) - cpu_before - idle * seconds) * 1e3);
  }
  report.Add({"feed_fan_out_ms",
              Median(milliseconds),
              "ms",
              {},
              "from the answer of Logout until all 10,000 were told, clients on the same cores"});
  report.Add({"feed_fan_out_cpu_ms",
              Median(cpu),
              "ms",
              {},
              "façade CPU of telling 10,000 one revocation, and of their acknowledgements"});
  report.Add({"feed_idle_cpu_percent",
              idle * 100,
              "%",
              {},
              "of a core, for the heartbeats of 10,000 feeds"});
}

}  // namespace

void MeasureFeed(Report& report) {
  if (!AllowOpenFiles()) {
    return report.Missing("feed_bytes_per_guard", "the hard limit of open files is under " +
                                                      std::to_string(kFiles) + " (ulimit -Hn)");
  }
  systemtest::Suite suite;
  suite.Start();
  const int facade = suite.process("auth").pid();
  FeedStreams feeds(suite);
  ReportMemory(report, MeasureMemory(feeds, facade));
  MeasureFanOut(report, suite, feeds, facade);
}

}  // namespace tokenforge::bench
