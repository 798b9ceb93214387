// Five hundred logins at once: what refreshes and health checks feel of it, how
// much memory the users service takes, and how soon those hear it who must come back later.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>

#include "bench/parts.h"
#include "bench/suite_load.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"

namespace tokenforge::bench {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr int kLogins = 500;
constexpr int kRounds = 3;
constexpr auto kProbe = seconds(5);

struct LoginCall {
  grpc::ClientContext context;
  auth::v1::LoginRequest request;
  auth::v1::LoginResponse response;
  steady_clock::time_point begin;
};

// Five hundred logins of nobody, which cost the same hash, each from an address of its own.
class Storm {
 public:
  explicit Storm(systemtest::Suite& suite) {
    for (int i = 0; i < 8; ++i) {
      stubs_.push_back(auth::v1::AuthService::NewStub(suite.Connect("auth", "example")));
    }
    for (int i = 0; i < kLogins; ++i) {
      emails_.push_back(systemtest::FreshEmail());
    }
  }
  // Sends them all at once, and waits until the last is answered.
  void Burst() {
    const auto send = [this](int chain, std::function<void(bool)> answered) {
      auto call = std::make_shared<LoginCall>();
      call->context.set_deadline(std::chrono::system_clock::now() + seconds(20));
      call->context.AddMetadata("x-forwarded-for", "10.1." + std::to_string(chain / 250) + "." +
                                                       std::to_string(chain % 250 + 1));
      call->request.set_email(emails_[static_cast<size_t>(chain)]);
      call->request.set_password("nobody has this one");
      call->begin = steady_clock::now();
      stubs_[static_cast<size_t>(chain) % stubs_.size()]->async()->Login(
          &call->context, &call->request, &call->response,
          [this, call, answered](const grpc::Status& status) { Note(*call, status, answered); });
    };
    RunLoad(kLogins, std::chrono::minutes(1), send, kLogins);
  }

  std::vector<double> refused_ms;  // of each answer OVERLOADED
  std::atomic<long> compared = 0;
  std::atomic<long> others = 0;

 private:
  void Note(const LoginCall& call, const grpc::Status& status,
            const std::function<void(bool)>& answered) {
    const std::chrono::duration<double, std::milli> took = steady_clock::now() - call.begin;
    const auto reason = errors::ReasonOf(rpc::FromGrpc(status));
    if (reason == errors::reasons::OVERLOADED) {
      {
        const std::lock_guard lock(mutex_);
        refused_ms.push_back(took.count());
      }
    } else {
      ++(reason == errors::reasons::INVALID_CREDENTIALS ? compared : others);
    }
    answered(true);
  }

  std::vector<std::unique_ptr<auth::v1::AuthService::Stub>> stubs_;
  std::vector<std::string> emails_;
  std::mutex mutex_;
};

double HealthP99(systemtest::Suite& suite, seconds duration) {
  std::vector<double> times;
  const auto until = steady_clock::now() + duration;
  while (steady_clock::now() < until) {
    const auto begin = steady_clock::now();
    if (systemtest::Suite::HttpGet(suite.operators_port("users"), "/readyz").empty()) continue;
    times.push_back(std::chrono::duration<double, std::milli>(steady_clock::now() - begin).count());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // the pace of a probe
  }
  return Percentile(times, 0.99);
}

double PeakMib(int pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib / 1024;
  }
  return 0;
}

struct Felt {
  double refresh_ms = 0;
  double health_ms = 0;
};

Felt Probe(systemtest::Suite& suite, RefreshChains& people) {
  Felt felt;
  std::thread health([&] { felt.health_ms = HealthP99(suite, kProbe); });
  felt.refresh_ms = Percentile(people.Run(kProbe).milliseconds, 0.99);
  health.join();
  return felt;
}

}  // namespace

void MeasureStorm(Report& report) {
  systemtest::SuiteOptions options;
  options.postgres = true;
  options.bcrypt_cost = 12;
  options.flags = {
      {"auth", {"--trusted-proxies=/example"}},
      {"sessions",
       {"--account-lock-after=1000000", "--rate-limit=login_account=1000000/1000000/1s"}}};
  systemtest::Suite suite(options);
  suite.Start();
  RefreshChains people(suite, 2);
  const double before = PeakMib(suite.process("users").pid());

  Storm storm(suite);
  std::vector<double> refresh, health, idle_ms, busy_ms;
  for (int round = 0; round < kRounds; ++round) {
    const Felt idle = Probe(suite, people);
    std::thread burst([&] { storm.Burst(); });
    const Felt busy = Probe(suite, people);
    burst.join();
    refresh.push_back(busy.refresh_ms / idle.refresh_ms);
    health.push_back(busy.health_ms / idle.health_ms);
    idle_ms.push_back(idle.health_ms);
    busy_ms.push_back(busy.health_ms);
  }

  report.Add({"storm_refresh_p99_ratio", Median(refresh), "x", AtMost(2),
              "refresh p99 with 500 logins at once, of idle"});
  report.Add({"storm_health_p99_ratio", Median(health), "x", AtMost(2),
              "p99 of the users service's /readyz then, of idle"});
  report.Add({"storm_health_p99_idle_ms", Median(idle_ms), "ms", {}, "that p99 at rest"});
  report.Add({"storm_health_p99_ms", Median(busy_ms), "ms", {}, "and in the storm"});
  report.Add({"storm_refused_p99_ms", Percentile(storm.refused_ms, 0.99), "ms", AtMost(50),
              "until OVERLOADED is answered, " + std::to_string(storm.refused_ms.size()) +
                  " refused, " + std::to_string(storm.compared) + " compared, " +
                  std::to_string(storm.others) + " others"});
  report.Add({"storm_refused_p50_ms", Median(storm.refused_ms), "ms", {}, "the median of those"});
  report.Add({"storm_rss_mib",
              PeakMib(suite.process("users").pid()),
              "MiB",
              {},
              "peak memory of the users service; " + std::to_string(static_cast<int>(before)) +
                  " before"});
}

}  // namespace tokenforge::bench
